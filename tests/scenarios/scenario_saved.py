"""Faults that saved output of slmgr, ospp.vbs and PowerShell tells. What each line means: slmgr.md of the knowledge base."""
import saved
from scenario import Scenario, cause


def row(name, broken, finding, shown, source, files, **more):
    lines = (broken + ".", f"Saved output only: {', '.join(files)}.", f"{finding}, {shown or 'no code'}: {source}.")
    return Scenario(name, lines, [cause(finding)], files, shown, **more)


def one(name, text):
    return {f"saved-{name}.txt": text}


def of_client():
    yield row("saved-no-key", "No product key is installed", "KMS-CLIENT-NO-KEY", "0xC004F014",
              "errors.csv 0xC004F014; slmgr.md 2", one("dlv", saved.sample("no-key.txt")))
    yield row("saved-retail-channel", "The machine has a retail key", "KMS-CLIENT-CHANNEL", None,
              "slmgr.md 3 line 3: the channel of a KMS client is VOLUME_KMSCLIENT", one("dlv", saved.sample("client-retail.txt")),
              exit_status=2)
    yield row("saved-wrong-setup-key", "The key is not the setup key of the product", "KMS-CLIENT-KEY", None,
              "products.csv: the public setup key ends otherwise",
              one("dlv", saved.changed(saved.dlv("unlicensed"), ("2YT43", "9QX4Z"))), exit_status=2)
    for language in ("en", "ja", "de"):
        yield row(f"saved-notification-{language}", "The grace period is over", "KMS-CLIENT-NOTIFICATION", "0xC004F009",
                  "errors.csv 0xC004F009; slmgr.md 3", one("dlv", saved.dlv("notification", language)))
        yield row(f"saved-lost-{language}", "The activation of the client ran out", "KMS-CLIENT-GRACE-ENDS", None,
                  "slmgr.md 3: additional grace period", one("dlv", saved.dlv("lost", language)))
    yield row("saved-unlicensed", "The client was never activated", "KMS-CLIENT-UNLICENSED", None,
              "slmgr.md 3: License Status", one("dlv", saved.dlv("unlicensed", "de")))
    yield row("saved-never-activated", "The client reached no host", "KMS-SLMGR-ERROR", "0xC004F074",
              "errors.csv 0xC004F074; the unlicensed state follows from it", one("dlv", saved.sample("client-never-activated.txt")))
    yield row("saved-no-discovery", "A licensed client found no host at its last try", "KMS-CLIENT-NO-DISCOVERY", None,
              "slmgr.md 3 line 20", one("dlv", saved.dlv("no-discovery", "de")))
    yield row("saved-renewal-overdue", "The client has not renewed for 110 days", "KMS-CLIENT-RENEWAL-OVERDUE", None,
              "slmgr.md 3 lines 11 and 23: 100800 minutes of 180 days left, interval 7 days",
              one("dlv", saved.changed(saved.dlv("licensed"), ("253440 minute(s) (176", "100800 minute(s) (70"))))
    yield row("saved-expiration-long", "The client claims a licence of 4000 days", "KMS-CLIENT-EXPIRATION-LONG", None,
              "slmgr.md: KMS activation lasts 180 days",
              one("dlv", saved.changed(saved.dlv("licensed"), ("253440 minute(s) (176", "5760000 minute(s) (4000"))))
    yield row("saved-non-genuine", "Windows judges the installation not genuine", "KMS-CLIENT-NON-GENUINE", "0xC004F200",
              "errors.csv 0xC004F200; slmgr.md 3", one("dlv", saved.changed(saved.dlv("notification"), ("0xC004F009", "0xC004F200"))))
    yield row("saved-ospp-count-low", "The host has counted too few machines for Office", "KMS-SLMGR-ERROR", "0xC004F038",
              "errors.csv 0xC004F038", one("act", saved.sample("kinds/act-error.txt")))
    yield row("saved-oslicense-notification", "The grace period is over, by the cmdlets of OSLicense", "KMS-CLIENT-NOTIFICATION",
              "0xC004F009", "errors.csv 0xC004F009", {"saved-oslicense.json": saved.sample("kinds/oslicense-en.txt")})
    listed = saved.changed(saved.sample("kinds/objects-list-licensed.txt").split("\n\n")[0],
                           ("LicenseStatus                                  : 1", "LicenseStatus                                  : 5"),
                           ("1074066433", "3221549065"), ("253440", "0"))
    yield row("saved-listed-notification", "The grace period is over, by Format-List of the CIM instance", "KMS-CLIENT-NOTIFICATION",
              "0xC004F009", "errors.csv 0xC004F009: 3221549065", {"saved-cim.txt": listed.encode("utf-16")})


def of_host():
    healthy = saved.sample("host-healthy.txt")
    yield row("saved-host-not-activated", "The host key was never activated", "KMS-HOST-NOT-ACTIVATED", None,
              "slmgr.md 4: a host that is not licensed", one("host", saved.sample("host-not-activated.txt")))
    yield row("saved-host-not-published", "The host does not publish itself", "KMS-HOST-NOT-PUBLISHED", None,
              "slmgr.md 4: DNS publishing disabled",
              one("host", saved.changed(healthy, ("DNS publishing enabled", "DNS publishing disabled"))))
    yield row("saved-host-failed-requests", "The host refused half of the requests", "KMS-HOST-FAILED-REQUESTS", None,
              "slmgr.md 4: failed are requests for products that the host key does not cover",
              one("host", saved.changed(healthy, ("Failed requests received: 12", "Failed requests received: 2061"))))
    yield row("saved-host-unused", "No client ever reached the host", "KMS-HOST-NO-REQUESTS", None,
              "slmgr.md 4: -1 is no request yet", one("host", saved.sample("host-unused.txt")))
    yield row("saved-host-count-low", "The host has counted three machines", "KMS-COUNT-LOW", "0xC004F038",
              "slmgr.md 4: Current count; errors.csv 0xC004F038", one("host", saved.sample("host-count-low.txt")))
    yield row("saved-host-troubled-clients", "Most requests come from clients that lost their activation", "KMS-HOST-TROUBLED-CLIENTS",
              None, "slmgr.md 4: many Notification requests are clients in trouble",
              one("host", saved.changed(healthy, ("Notification: 16", "Notification: 9016"),
                                       ("Total requests received: 4123", "Total requests received: 13123"))))


def scenarios():
    yield from of_client()
    yield from of_host()
