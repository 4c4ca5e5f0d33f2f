#include "libdiag/slmgr/saved_words.h"

#include <algorithm>
#include <span>

#include "libdiag/base/line_text.h"

namespace diag::slmgr {
namespace {

template <class T> struct Row {
    T value;
    std::string_view text;
};

// A longer word stands above one with which it begins, or which it holds.
using enum LicenseStatus;
constexpr Row<LicenseStatus> status_rows[] = {
    {unlicensed, "Unlicensed"},
    {licensed, "Licensed"},
    {initial_grace, "Initial grace period"},
    {additional_grace, "Additional grace period"},
    {non_genuine_grace, "Non-genuine grace period"},
    {notification, "Notification"},
    {extended_grace, "Extended grace period"},
    {unknown, "Unknown"},
    {unlicensed, "Nicht lizenziert"},
    {licensed, "Lizenziert"},
    {initial_grace, "Anfänglich"},
    {additional_grace, "Zusätzlich"},
    {non_genuine_grace, "Nicht authentisch"},
    {notification, "Benachrichtigung"},
    {extended_grace, "Erweitert"},
    {unknown, "Unbekannt"},
    {unlicensed, "ライセンスされていません"},
    {licensed, "ライセンスされています"},
    {initial_grace, "初期"},
    {additional_grace, "追加"},
    {non_genuine_grace, "非正規"},
    {notification, "通知"},
    {extended_grace, "延長"},
    {unknown, "不明"},
};

constexpr Row<LicenseStatus> mark_rows[] = {
    {unlicensed, "---UNLICENSED---"},
    {licensed, "---LICENSED---"},
    {initial_grace, "---OOB_GRACE---"},
    {additional_grace, "---OOT_GRACE---"},
    {non_genuine_grace, "---NON_GENUINE_GRACE---"},
    {notification, "---NOTIFICATIONS---"},
    {extended_grace, "---EXTENDED GRACE---"},
    {unknown, "---UNKNOWN---"},
};

constexpr Row<LicenseStatus> sentence_rows[] = {
    {licensed, "permanently activated"},
    {licensed, "activation will expire"},
    {initial_grace, "Initial grace"},
    {additional_grace, "Additional grace"},
    {non_genuine_grace, "Non-genuine grace"},
    {extended_grace, "Extended grace"},
    {notification, "Notification mode"},
    {unlicensed, "Unlicensed"},
    {licensed, "dauerhaft aktiviert"},
    {licensed, "Volumenaktivierung"},
    {initial_grace, "Anfänglich"},
    {additional_grace, "Zusätzlich"},
    {non_genuine_grace, "Nicht authentisch"},
    {extended_grace, "Erweitert"},
    {notification, "Benachrichtigungsmodus"},
    {unlicensed, "Nicht lizenziert"},
    {initial_grace, "初期"},
    {additional_grace, "追加"},
    {non_genuine_grace, "非正規"},
    {extended_grace, "延長"},
    {notification, "通知モード"},
    {unlicensed, "ライセンスされていません"},
    {licensed, "ライセンス認証は完了しました"},
    {licensed, "永続的"},
    {licensed, "ボリューム ライセンス認証"},
};

constexpr Row<bool> enabled_rows[] = {
    {false, "disabled"}, {false, "deaktiviert"}, {false, "無効"},
    {true, "enabled"},   {true, "aktiviert"},    {true, "有効"},
};
constexpr Row<Priority> priority_rows[] = {
    {Priority::normal, "Normal"}, {Priority::low, "Low"},     {Priority::low, "Niedrig"},
    {Priority::normal, "標準"},   {Priority::normal, "通常"}, {Priority::low, "低"},
};
constexpr Row<ActivationType> type_rows[] = {
    {ActivationType::all, "All"},        {ActivationType::all, "Alle"}, {ActivationType::all, "すべて"},
    {ActivationType::ad, "AD"},          {ActivationType::kms, "KMS"},  {ActivationType::token, "Token"},
    {ActivationType::token, "トークン"},
};

constexpr std::string_view error_labels[] = {"Error:", "Fehler:", "エラー:"};
struct NotFound {
    std::string_view what, words;
};
constexpr NotFound not_found_words[] = {
    {"product", "not found"},
    {"produ", "nicht gefunden"},
    {"製品", "見つかりません"},
    {"プロダクト", "見つかりません"},
};

template <class T, class Fits> std::optional<T> first_of(std::span<const Row<T>> rows, Fits fits) {
    const auto found = std::ranges::find_if(rows, [&](const Row<T>& row) { return fits(row.text); });
    return found == rows.end() ? std::nullopt : std::optional{found->value};
}

}  // namespace

std::optional<LicenseStatus> status_of_words(std::string_view value) {
    return first_of<LicenseStatus>(status_rows, [&](auto word) { return starts_with_word(value, word); });
}

std::optional<LicenseStatus> status_of_mark(std::string_view value) {
    return first_of<LicenseStatus>(mark_rows, [&](auto word) { return starts_with_word(value, word); });
}

std::optional<LicenseStatus> status_of_sentence(std::string_view sentence) {
    return first_of<LicenseStatus>(sentence_rows, [&](auto word) { return contains_word(sentence, word); });
}

std::optional<bool> enabled_of_words(std::string_view sentence) {
    return first_of<bool>(enabled_rows, [&](auto word) { return contains_word(sentence, word); });
}

std::optional<Priority> priority_of_words(std::string_view value) {
    return first_of<Priority>(priority_rows, [&](auto word) { return equals_word(value, word); });
}

std::optional<ActivationType> type_of_words(std::string_view value) {
    return first_of<ActivationType>(type_rows, [&](auto word) { return equals_word(value, word); });
}

std::optional<std::string_view> behind_error_label(std::string_view text) {
    for (const std::string_view label : error_labels) {
        if (starts_with_word(text, label)) return trimmed(text.substr(label.size()));
    }
    return std::nullopt;
}

bool says_not_found(std::string_view rest) {
    return std::ranges::any_of(not_found_words, [&](const NotFound& row) {
        return contains_word(rest, row.what) && contains_word(rest, row.words);
    });
}

}  // namespace diag::slmgr
