// Exists so that the precompiled catch.hpp has a target to belong to.
