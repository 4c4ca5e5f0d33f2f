#include "libdiag/slmgr/saved_objects.h"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>

#include "libdiag/base/line_text.h"
#include "libdiag/slmgr/line_value.h"
#include "libdiag/slmgr/object_fields.h"
#include "libdiag/slmgr/object_list.h"
#include "libdiag/slmgr/read_saved.h"

namespace diag::slmgr {
namespace {

namespace json = boost::json;

// What ConvertTo-Json adds of a CIM instance beside its properties.
constexpr std::string_view wrappings[] = {"CimClass", "CimInstanceProperties", "CimSystemProperties"};

bool is_wrapping(std::string_view name) { return std::ranges::find(wrappings, name) != std::end(wrappings); }

// "CimInstanceProperties": [{"Name": ..., "Value": ...}], where somebody printed only those.
std::optional<json::object> properties_of(const json::object& object) {
    const json::value* list = object.if_contains("CimInstanceProperties");
    if (list == nullptr || !list->is_array()) return std::nullopt;
    json::object out;
    for (const json::value& item : list->get_array()) {
        const json::object* entry = item.if_object();
        const json::value* name = entry != nullptr ? entry->if_contains("Name") : nullptr;
        const json::value* value = entry != nullptr ? entry->if_contains("Value") : nullptr;
        if (name != nullptr && name->is_string() && value != nullptr) out[name->get_string()] = *value;
    }
    return out;
}

class Collector {
public:
    void visit(const json::value& value) {
        if (const json::array* array = value.if_array()) {
            for (const json::value& item : *array) visit(item);
        } else if (const json::object* object = value.if_object()) {
            visit_object(*object);
        }
    }

    bool has_any() const { return !products_.empty() || service_; }

    std::vector<Dlv> take() {
        if (products_.empty() && service_)
            products_.push_back(std::move(*service_));
        else if (service_) {
            for (Dlv& dlv : products_) add_service_facts(*service_, dlv);
        }
        return std::move(products_);
    }

private:
    void visit_object(const json::object& object) {
        if (take_object(object)) return;
        if (const auto properties = properties_of(object); properties && take_object(*properties)) return;
        for (const auto& member : object) {
            if (!is_wrapping(member.key())) visit(member.value());
        }
    }

    bool take_object(const json::object& object) {
        const ObjectKind kind = kind_of(object);
        if (kind == ObjectKind::other) return false;
        Dlv dlv = read_object(object);
        if (kind == ObjectKind::product) {
            if (products_.size() <= limits::product_count) products_.push_back(std::move(dlv));
        } else if (!service_) {
            service_ = std::move(dlv);
        } else {
            add_service_facts(dlv, *service_);
        }
        return true;
    }

    std::vector<Dlv> products_;
    std::optional<Dlv> service_;
};

}  // namespace

std::expected<SavedObjects, std::string> read_objects(std::string_view text) {
    json::parse_options options;
    options.max_depth = limits::json_depth;
    json::stream_parser parser{{}, options};
    boost::system::error_code error;
    const std::size_t used = parser.write_some(text.data(), text.size(), error);
    if (!error && !parser.done()) parser.finish(error);
    if (error) return std::unexpected{error.message()};
    Collector collector;
    collector.visit(parser.release());
    return SavedObjects{collector.take(), used};
}

SavedObjects read_listed_objects(std::string_view text) {
    Collector collector;
    std::size_t used = 0;
    while (const auto next = listed_object(text.substr(used))) {
        collector.visit(next->members);
        if (!collector.has_any()) break;
        used += next->used;
    }
    return {collector.take(), used};
}

}  // namespace diag::slmgr
