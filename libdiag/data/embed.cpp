// embed_csv NAME.csv OUTPUT.cpp
//
// Runs during the build: writes the CSV (RFC 4180) as the constant diag::data::NAME_table. Whatever is wrong with the
// file stops the build with "file:line: reason", so a table in the library is a table whose every row parsed.

#include <cstddef>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Record {
    std::size_t line;  // on which the record starts
    std::vector<std::string> cells;
};

class CsvError : public std::runtime_error {
public:
    CsvError(std::size_t line, const std::string& reason) : std::runtime_error(reason), line_(line) {}
    std::size_t line() const { return line_; }

private:
    std::size_t line_;
};

/// Cuts the text into records. Cells in double quotes may hold commas, line ends and doubled quotes.
class CsvParser {
public:
    explicit CsvParser(std::string_view text) : text_(text) {}

    std::vector<Record> records() {
        std::vector<Record> out;
        while (at_ < text_.size()) out.push_back(record());
        return out;
    }

private:
    Record record() {
        Record out{line_, {}};
        for (;;) {
            out.cells.push_back(peek() == '"' ? quoted() : plain());
            if (peek() != ',') break;
            ++at_;
        }
        end_of_line();
        return out;
    }

    std::string plain() {
        const std::size_t start = at_;
        while (at_ < text_.size() && std::string_view(",\r\n").find(text_[at_]) == std::string_view::npos) {
            if (text_[at_] == '"') throw CsvError(line_, "a quote inside a cell that does not begin with one");
            ++at_;
        }
        return std::string(text_.substr(start, at_ - start));
    }

    std::string quoted() {
        const std::size_t start_line = line_;
        std::string out;
        for (++at_; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (c == '\n') ++line_;
            if (c == '"') {
                ++at_;
                if (peek() != '"') return out;
            }
            out += c;
        }
        throw CsvError(start_line, "a quoted cell has no closing quote");
    }

    void end_of_line() {
        if (at_ == text_.size()) return;
        if (peek() == '\r') ++at_;
        if (peek() != '\n') throw CsvError(line_, "text behind the closing quote of a cell");
        ++at_;
        ++line_;
    }

    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t line_ = 1;
};

void check(const std::vector<Record>& records) {
    if (records.empty()) throw CsvError(1, "no header line");
    const std::size_t width = records.front().cells.size();
    if (records.size() < 2) throw CsvError(1, "a header line but no rows");
    for (const auto& column : records.front().cells) {
        if (column.empty()) throw CsvError(1, "a column without a name");
    }
    for (const auto& record : records) {
        if (record.cells.size() == width) continue;
        throw CsvError(record.line,
                       std::to_string(record.cells.size()) + " cells where the header has " + std::to_string(width));
    }
}

/// A C++ string literal. Octal escapes, unlike hexadecimal ones, end after three digits whatever follows.
std::string literal(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\' || c == '?') {  // '?' because of trigraphs in older modes
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte >= 0x7F) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\%03o", byte);
            out += escape;
        } else {
            out += c;
        }
    }
    return out + "\"";
}

void write_cells(std::ostream& out, const Record& record) {
    out << "    ";
    for (const auto& cell : record.cells) {
        // The sv suffix, not a constructor call, so that a cell may hold a NUL.
        out << literal(cell) << "sv, ";
    }
    out << '\n';
}

void write_table(std::ostream& out, const std::string& name, const std::vector<Record>& records) {
    out << "// Made from libdiag/data/" << name << ".csv by embed_csv during the build; edit the CSV instead.\n"
        << "#include \"libdiag/data/table.h\"\n\nnamespace diag::data {\nnamespace {\n\n"
        << "using namespace std::string_view_literals;\n\nconstexpr std::string_view columns[] = {\n";
    write_cells(out, records.front());
    out << "};\n\nconstexpr std::string_view cells[] = {\n";
    for (std::size_t i = 1; i < records.size(); ++i) write_cells(out, records[i]);
    out << "};\n\n}  // namespace\n\nconstinit const Table " << name << "_table{" << literal(name)
        << ", columns, cells};\n\n}  // namespace diag::data\n";
}

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error("cannot be opened");
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);  // the byte order mark that spreadsheets write
    return text;
}

std::string table_name(std::string_view path) {
    path.remove_prefix(path.find_last_of('/') + 1);  // npos + 1 is 0: no slash, nothing to remove
    return std::string(path.substr(0, path.find('.')));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: embed_csv NAME.csv OUTPUT.cpp\n");
        return 3;
    }
    const std::string input = argv[1];
    try {
        const std::string text = read_file(input);
        const auto records = CsvParser(text).records();
        check(records);
        std::ofstream out(argv[2], std::ios::binary);
        write_table(out, table_name(input), records);
        if (!out.flush()) throw std::runtime_error(std::string("cannot write ") + argv[2]);
    } catch (const CsvError& error) {
        std::fprintf(stderr, "%s:%zu: error: %s\n", input.c_str(), error.line(), error.what());
        return 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: error: %s\n", input.c_str(), error.what());
        return 1;
    }
    return 0;
}
