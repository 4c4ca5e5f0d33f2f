"""Exported event logs for scenarios, in the forms that wevtutil and the event viewer write.

Layout of the events: docs and libdiag/data/events.csv (from Microsoft's technical reference); forms: tests/windows/samples.
"""
import datetime
from typing import NamedTuple
from xml.sax.saxutils import escape

SPP = "Microsoft-Windows-Security-SPP"
SAM = "Microsoft-Windows-Directory-Services-SAM"
WINDOWS_APP = "55c92734-d682-4d71-983e-d6ec3f16059f"
ENTERPRISE = "73111121-5638-40f6-bc11-f1d7b0d64300"


def when(text):
    return datetime.datetime.fromisoformat(text.rstrip("Z"))


class Event(NamedTuple):
    time: datetime.datetime
    id: int
    data: tuple
    provider: str = SPP


class Client(NamedTuple):
    """What the events of a client say of it."""
    name: str
    machine: str
    product: str = ENTERPRISE
    status: int = 2
    minutes: int = 43200
    needed: int = 25
    virtual: int = 0

    def sent(self, time, code="0x0", host="kms01.corp.example:1688", clock=None, flags="0x00000000"):
        clock = clock or time
        data = (code, flags, host, self.machine, f"{clock:%Y/%m/%d %H:%M}", self.virtual, self.status, self.minutes,
                self.product, self.needed)
        return Event(time, 12288, (", ".join(map(str, data)),))

    def answered(self, time, count=50, code="0x0", activated=1, flags="0x00000000", intervals=(120, 10080)):
        data = (code, flags, activated, 0, count, *intervals, f"{time:%Y/%m/%d %H:%M}")
        return Event(time, 12289, (", ".join(map(str, data)),))

    def failed(self, time, code):
        rule = "RuleId=502ff3ba-669a-4674-bbb1-601f34a3b968;Action=AutoActivateSilent;" \
               f"AppId={WINDOWS_APP};SkuId={self.product};NotificationInterval=1440;Trigger=TimerEvent"
        return Event(time, 8198, (f"hr={code}", rule))

    def processed(self, time, code="0x0", clock=None):
        clock = clock or time
        data = (code, self.needed, self.name, self.machine, f"{clock:%Y/%m/%d %H:%M}", self.virtual, self.status,
                self.minutes, self.product)
        return Event(time, 12290, (",".join(map(str, data)),))


def published(time, domain):
    return Event(time, 12294, (domain,))


def unpublished(time, domain, code):
    return Event(time, 12293, (code, domain))


WORDS = {
    "en": {
        "head": "Level,Date and Time,Source,Event ID,Task Category", "levels": ("Information", "Error"), "none": "None",
        "time": lambda t: f"{t.month}/{t.day}/{t.year} {t.hour % 12 or 12}:{t:%M:%S} {'PM' if t.hour > 11 else 'AM'}",
        12288: "The client has sent an activation request to the key management service machine.\nInfo:\n{0}",
        12289: "The client has processed an activation response from the key management service machine.\nInfo:\n{0}",
        12290: "An activation request has been processed.\nInfo:\n{0}",
        12293: "Publishing the Key Management Service (KMS) to DNS in the '{1}' domain failed.\nInfo:\n{0}",
        12294: "Publishing the Key Management Service (KMS) to DNS in the '{0}' domain is successful.\n",
        8198: "License Activation (slui.exe) failed with the following error code:\n{0}\nCommand-line arguments:\n{1}"},
    "ja": {
        "head": "レベル,日付と時刻,ソース,イベント ID,タスクのカテゴリ", "levels": ("情報", "エラー"), "none": "なし",
        "time": lambda t: f"{t.year}/{t.month:02}/{t.day:02} {t.hour}:{t:%M:%S}",
        12288: "クライアントはキー管理サービス コンピューターにライセンス認証の要求を送信しました。\n情報:\n{0}",
        12289: "クライアントはキー管理サービス コンピューターからのライセンス認証の応答を処理しました。\n情報:\n{0}",
        12290: "ライセンス認証の要求が処理されました。\n情報:\n{0}",
        12293: "'{1}' ドメインの DNS へのキー管理サービス (KMS) の公開に失敗しました。\n情報:\n{0}",
        12294: "'{0}' ドメインの DNS へのキー管理サービス (KMS) の公開に成功しました。\n",
        8198: "ライセンス認証 (slui.exe) が失敗しました。エラー コード:\n{0}\nコマンド ライン引数:\n{1}"},
    "de": {
        "head": "Ebene,Datum und Uhrzeit,Quelle,Ereignis-ID,Aufgabenkategorie", "levels": ("Informationen", "Fehler"),
        "none": "Keine", "time": lambda t: f"{t:%d.%m.%Y %H:%M:%S}",
        12288: "Der Client hat eine Aktivierungsanforderung an den Schlüsselverwaltungsdienst gesendet.\nInfo:\n{0}",
        12289: "Der Client hat eine Aktivierungsantwort des Schlüsselverwaltungsdiensts verarbeitet.\nInfo:\n{0}",
        12290: "Eine Aktivierungsanforderung wurde verarbeitet.\nInfo:\n{0}",
        12293: "Fehler beim Veröffentlichen des Schlüsselverwaltungsdiensts (KMS) in DNS in der Domäne '{1}'.\nInfo:\n{0}",
        12294: "Der Schlüsselverwaltungsdienst (KMS) wurde in DNS in der Domäne '{0}' veröffentlicht.\n",
        8198: "Fehler bei der Lizenzaktivierung (slui.exe). Fehlercode:\n{0}\nBefehlszeilenargumente:\n{1}"},
}


def is_error(event):
    return event.id in (8198, 12293)


def message(event, language="en"):
    return WORDS[language].get(event.id, "{0}").format(*event.data)


def channel(event):
    return "Key Management Service" if event.id == 12290 else "Application"


def xml(events, computer):
    """As `wevtutil qe Application /f:xml`: one element a line, no root."""
    lines = []
    for number, event in enumerate(events, 1):
        data = "".join(f"<Data>{escape(str(value))}</Data>" for value in event.data)
        lines.append(
            "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
            f"<Provider Name='{event.provider}' Guid='{{E23B33B0-C8C9-472C-A5F9-F2BDFEA0F156}}' "
            "EventSourceName='Software Protection Platform Service'/>"
            f"<EventID Qualifiers='{49152 if is_error(event) else 16384}'>{event.id}</EventID><Version>0</Version>"
            f"<Level>{2 if is_error(event) else 4}</Level><Task>0</Task><Opcode>0</Opcode>"
            f"<Keywords>0x80000000000000</Keywords><TimeCreated SystemTime='{event.time.isoformat()}Z'/>"
            f"<EventRecordID>{number}</EventRecordID><Correlation/><Execution ProcessID='0' ThreadID='0'/>"
            f"<Channel>{channel(event)}</Channel><Computer>{computer}</Computer><Security/></System>"
            f"<EventData>{data}</EventData></Event>")
    return "\n".join(lines) + "\n"


def csv(events, language="en", hours=0):
    """As the event viewer saves it: newest first, local time (UTC plus `hours`), no computer."""
    words = WORDS[language]
    lines = [words["head"]]
    for event in sorted(events, key=lambda event: event.time, reverse=True):
        text = message(event, language).replace('"', '""')
        local = words["time"](event.time + datetime.timedelta(hours=hours))
        lines.append(f'{words["levels"][is_error(event)]},{local},{event.provider},{event.id},{words["none"]},"{text}"')
    return "\ufeff" + "\n".join(lines) + "\n"


LABELS = {
    "en": ("Log Name", "Source", "Date", "Event ID", "Task", "Level", "Opcode", "Keyword", "User", "User Name", "Computer",
           "Description"),
    "de": ("Protokollname", "Quelle", "Datum", "Ereignis-ID", "Aufgabe", "Ebene", "Opcode", "Schlüsselwort", "Benutzer",
           "Benutzername", "Computer", "Beschreibung"),
    "ja": ("ログの名前", "ソース", "日付", "イベント ID", "タスク", "レベル", "Opcode", "キーワード", "ユーザー", "ユーザー名",
           "コンピューター", "説明")}
COPIED = {
    "en": ("Log Name", "Source", "Date", "Event ID", "Task Category", "Level", "Keywords", "User", "Computer", "Description",
           "Event Xml"),
    "de": ("Protokollname", "Quelle", "Datum", "Ereignis-ID", "Aufgabenkategorie", "Ebene", "Schlüsselwörter", "Benutzer",
           "Computer", "Beschreibung", "Ereignis-XML")}


def text(events, computer, hours=0, language="en"):
    """As `wevtutil qe Application /f:text`: local time."""
    out = []
    for number, event in enumerate(events):
        local = event.time + datetime.timedelta(hours=hours)
        values = (channel(event), event.provider, local.isoformat(timespec="milliseconds"), event.id, "N/A",
                  "Error" if is_error(event) else "Information", "N/A", "Classic", "N/A", "N/A", computer, "")
        lines = "".join(f"  {label}: {value}\n" for label, value in zip(LABELS[language], values))
        out.append(f"Event[{number}]:\n{lines}{message(event, language)}\n\n")
    return "".join(out)


def copied(events, computer, language="en", hours=0, with_xml=True):
    """As the event viewer copies details as text: local time, and the XML of each event."""
    out = []
    words, labels = WORDS[language], COPIED[language]
    for event in events:
        values = (channel(event), event.provider, words["time"](event.time + datetime.timedelta(hours=hours)), event.id,
                  words["none"], words["levels"][is_error(event)], "Classic", "N/A", computer)
        lines = "".join(f"{label + ':':15}{value}\n" for label, value in zip(labels, values))
        lines += f"{labels[len(values)]}:\n{message(event, language)}\n"
        out.append(lines + (f"{labels[-1]}:\n{xml([event], computer)}" if with_xml else ""))
    return "".join(out)


def listed(events, width=None, hours=0):
    """As `Get-WinEvent | Format-List > FILE`: newest first, in UTF-16, wrapped where the console has that many columns."""
    out = []
    for event in sorted(events, key=lambda event: event.time, reverse=True):
        names = {"TimeCreated": WORDS["en"]["time"](event.time + datetime.timedelta(hours=hours)), "ProviderName": event.provider,
                 "Id": event.id, "Message": message(event)}
        out.append(block(names, width))
    return ("\n\n" + "\n".join(out) + "\n\n").replace("\n", "\r\n").encode("utf-16")


def old_listed(events, hours=0):
    """As `Get-EventLog -LogName Application | Format-List`: the number is the lower half of InstanceId."""
    out = []
    for number, event in enumerate(sorted(events, key=lambda event: event.time, reverse=True)):
        local = WORDS["en"]["time"](event.time + datetime.timedelta(hours=hours))
        names = {"Index": 900 - number, "EntryType": "Error" if is_error(event) else "Information",
                 "InstanceId": (0xC0000000 if is_error(event) else 0x40000000) + event.id, "Message": message(event),
                 "Category": "(0)", "CategoryNumber": 0, "ReplacementStrings": f"{{{', '.join(map(str, event.data))}}}",
                 "Source": event.provider, "TimeGenerated": local, "TimeWritten": local, "UserName": ""}
        out.append(block(names))
    return "\n\n" + "\n".join(out) + "\n\n"


def block(names, width=None):
    column = max(map(len, names)) + 3
    lines = []
    for name, value in names.items():
        head = f"{name:{column - 3}} : "
        for part in str(value).split("\n"):
            room = width - column if width else max(len(part), 1)
            for at in range(0, max(len(part), 1), room):
                lines.append(head + part[at:at + room])
                head = " " * column
    return "\n".join(lines) + "\n"


def selected(events, separator=";"):
    """As `Get-WinEvent | Select TimeCreated, Id, LevelDisplayName, Message | Export-Csv`: without a provider."""
    rows = [("TimeCreated", "Id", "LevelDisplayName", "Message")]
    for event in sorted(events, key=lambda event: event.time, reverse=True):
        words = WORDS["en"]
        rows.append((words["time"](event.time), event.id, words["levels"][is_error(event)], message(event)))
    return "".join(separator.join(f'"{value}"' for value in row) + "\r\n" for row in rows)
