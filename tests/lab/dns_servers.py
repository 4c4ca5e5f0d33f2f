"""Real name servers in the lab (lab.py), and one that misbehaves: zones as data, started when the function returns.

    zones = [zone("corp.test", ["_vlmcs._tcp SRV 0 0 1688 kms1.lab.test."], update="key"),
             zone("old.test", ["_vlmcs._tcp SRV 0 0 1688 gone.old.test."]),
             zone("signed.test", ["www A 192.0.2.80"], signed=True)]
    with tempfile.TemporaryDirectory() as folder:
        bind(lab, folder, zones)                                     # on dns, at the address that resolv.conf names
        second = address(lab, 54)                                    # another address of dns
        knot(lab, folder, [zone("knot.test", [], update="open")], at=second)

Each server listens on one address, port 53, UDP and TCP, and has a folder of its own below the one given; what it keeps is
gone with that, and it ends with lab.reset(). Several may run on one host, at addresses of their own.
"""
import dataclasses
import os
import pathlib
import shutil
import time

from lab import LIMIT_S, POLL_S, LabError

KEY_NAME, KEY_ALGORITHM = "kms-update", "hmac-sha256"
KEY_SECRET = "bGFiIHNlY3JldCBmb3IgdGVzdHMgb2YgdXBkYXRlcyE="  # of the lab only: "lab secret for tests of updates!"
KEY_TEXT = f'key "{KEY_NAME}" {{\n\talgorithm {KEY_ALGORITHM};\n\tsecret "{KEY_SECRET}";\n}};\n'  # as tsig-keygen writes it
KEY = f"{KEY_ALGORITHM}:{KEY_NAME}:{KEY_SECRET}"  # as dig -y and nsupdate -y take it

SBIN = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))

# Who may update a zone, as BIND has it. "here": the client's network; "elsewhere": another; "names",
# "types": rules by name (BIND: with a key; Knot: everybody, one name) and by type (SRV only).
UPDATES = {"none": "allow-update { none; }", "open": "allow-update { any; }", "key": f'allow-update {{ key "{KEY_NAME}"; }}',
           "here": "allow-update { 192.0.2.0/24; }", "elsewhere": "allow-update { 203.0.113.0/24; }",
           "names": f"update-policy {{ grant {KEY_NAME} zonesub ANY; }}"}


@dataclasses.dataclass(frozen=True)
class Zone:
    name: str
    records: tuple
    update: str       # who may: a key of UPDATES
    signed: bool      # DNSSEC
    primary: str      # MNAME of the SOA
    server: str       # the NS record
    ttl: int
    soa_times: tuple  # refresh, retry, expire, minimum

    def text(self):
        """The zone file."""
        soa = f"@ SOA {self.primary} hostmaster 1 {' '.join(map(str, self.soa_times))}"
        return "\n".join([f"$ORIGIN {self.name}.", f"$TTL {self.ttl}", soa, f"@ NS {self.server}", *self.records, ""])


def zone(name, records, *, update="none", signed=False, primary="dns.lab.test.", server=None, ttl=60,
         soa_times=(86400, 7200, 604800, 5)):
    """A zone with these lines of a zone file below its SOA and NS. Names without a final dot are below the zone's. Its name
    server is the primary unless `server` names another one."""
    return Zone(name.rstrip("."), tuple(records), update, signed, primary, server or primary, ttl, soa_times)


def lab_zone(lab):
    """lab.test with the hosts of the lab: the SOA records of other zones name dns.lab.test as their primary server."""
    records = []
    for host in ("client", "kms1", "kms2", "dns"):
        records += [f"{host} A {lab.address(host)}", f"{host} AAAA {lab.address(host, 6)}"]
    return zone("lab.test", records)


def address(lab, last, host="dns"):
    """Gives a host another IPv4 address of its network, 198.51.100.LAST; the address."""
    new = lab.address(host).rsplit(".", 1)[0] + f".{last}"
    lab.ip(host, f"addr add {new}/24 dev net0")
    return new


def program(name):
    path = shutil.which(name, path=SBIN)
    if path is None:
        raise LabError(f"there is no program {name}; scripts/bootstrap installs it")
    return path


def own_folder(folder, name, at):
    made = pathlib.Path(folder) / f"{name}-{at}"
    made.mkdir()
    return made


def start(lab, host, argv, ready):
    process = lab.popen(host, argv)
    process.wait_for(ready)
    return process


def wait_until(holds, what):
    deadline = time.monotonic() + LIMIT_S
    while not holds():
        if time.monotonic() > deadline:
            raise LabError(f"not in time: {what}")
        time.sleep(POLL_S * 5)


def dig(lab, at, name, kind, *options, host="client"):
    """What dig +short prints, as a list of lines."""
    return lab.check(host, [program("dig"), "+short", "+time=2", "+tries=1", *options, f"@{at}", name, kind]).splitlines()


def delv(lab, at, name, kind, *options, host="client"):
    """What delv says of an answer ("fully validated" among it, with anchors), and its records of this type, sorted."""
    lines = lab.check(host, [program("delv"), *options, f"@{at}", name, kind]).splitlines()
    status = next((line[2:] for line in lines if line.startswith("; ")), "")
    fields = [line.split(None, 4) for line in lines if line and not line.startswith(";")]
    return status, sorted(field[4] for field in fields if field[3] == kind)


def anchors(lab, at, name, spoil=lambda key: key):
    """The options of delv to trust the key that signs a zone, or what `spoil` makes of the key."""
    key = next(line for line in dig(lab, at, name, "DNSKEY") if line.startswith("257 "))
    *numbers, text = key.split(" ", 3)
    path = f"{lab.environment['LAB_DIR']}/{name}.anchors"
    line = f'trust-anchors {{ {name}. static-key {" ".join(numbers)} "{spoil(text.replace(" ", ""))}"; }};\n'
    lab.check("client", ["tee", path], stdin=line.encode())
    return "-a", path, f"+root={name}"


# BIND 9

BIND_OPTIONS = """
options {{
    directory "{folder}";
    listen-on {{ {at}; }};
    listen-on-v6 {{ {at6} }};
    pid-file none;
    session-keyfile none;
    empty-zones-enable no;
    dnssec-validation no;
    recursion {recursion};
    allow-query {{ any; }};
    allow-recursion {{ any; }};
    notify no;
    transfers-in 100;
    max-cache-size 16M;
}};
controls {{ }};
{key}"""


def bind_zone(folder, one):
    path = folder / f"{one.name}.zone"
    path.write_text(one.text(), encoding="utf-8")
    signing = "dnssec-policy default; inline-signing yes;" if one.signed else ""
    return (f'zone "{one.name}" {{ type primary; file "{path}"; {UPDATES[one.update]}; '
            f'allow-transfer {{ any; }}; {signing} }};\n')


def bind(lab, folder, zones, *, host="dns", at=None, forwards=None, secondary=None, secondary_of=None):
    """BIND 9 as the primary server of zones. forwards: {zone name: address} of zones that it asks others about; secondary:
    names of zones that it copies from secondary_of at its start, and then only when their SOA's refresh has passed, for nobody
    notifies it."""
    at6 = f"{lab.address(host, 6)};" if at is None else ""
    at = at or lab.address(host)
    folder = own_folder(folder, "bind", at)
    text = BIND_OPTIONS.format(folder=folder, at=at, at6=at6, key=KEY_TEXT, recursion="yes" if forwards else "no")
    text += "".join(bind_zone(folder, one) for one in zones)
    for name, server in (forwards or {}).items():
        text += f'zone "{name}" {{ type forward; forward only; forwarders {{ {server}; }}; }};\n'
    for name in secondary or ():
        text += f'zone "{name}" {{ type secondary; file "{name}.copy"; primaries {{ {secondary_of}; }}; }};\n'
    (folder / "named.conf").write_text(text, encoding="utf-8")
    # AppArmor lets /usr/sbin/named read nothing but Debian's own folders; it knows the program by its path.
    named = shutil.copy(program("named"), folder / "named")
    process = start(lab, host, [named, "-g", "-n", "1", "-c", folder / "named.conf"], " running$")
    if secondary:
        process.wait_for("Transfer status: success", count=len(secondary))
    for one in zones:
        if one.signed:
            wait_until(lambda name=one.name: any(" " in line for line in dig(lab, at, name, "SOA", "+dnssec")[1:]),
                       f"BIND signs {one.name}")
    return process


# Knot DNS

KNOT_RULES = {"none": []} | {rule: [rule] for rule in ("open", "key", "here", "elsewhere", "names", "types")}

# Knot looks its machine's name up before all else, which may take a second; the hosts file has this one.
KNOT_NAMED = ("unshare", "--uts", "sh", "-c", 'hostname dns.lab.test && exec "$0" "$@"')

KNOT_OPTIONS = """
server:
    listen: {at}@53
    rundir: "{folder}"
    async-start: on
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: info
database:
    storage: "{folder}"
    journal-db-max-size: 8M
    kasp-db-max-size: 8M
    timer-db-max-size: 1M
key:
  - id: {key}
    algorithm: {algorithm}
    secret: {secret}
acl:
  - id: transfer
    action: transfer
  - id: open
    action: update
  - id: key
    action: update
    key: {key}
  - id: here
    action: update
    address: 192.0.2.0/24
  - id: elsewhere
    action: update
    address: 203.0.113.0/24
  - id: types
    action: update
    update-type: [SRV]
  - id: names
    action: update
    update-owner: name
    update-owner-match: equal
    update-owner-name: [_vlmcs._tcp]
zone:
"""


def knot_zone(folder, one):
    path = folder / f"{one.name}.zone"
    path.write_text(one.text(), encoding="utf-8")
    lines = [f"  - domain: {one.name or '.'}", f'file: "{path}"', "zonefile-sync: -1", "journal-content: all"]
    lines += [f"acl: [{', '.join(['transfer', *KNOT_RULES[one.update]])}]"]
    lines += ["dnssec-signing: on"] if one.signed else []
    return "\n    ".join(lines) + "\n"


def knot(lab, folder, zones, *, host="dns", at=None):
    """Knot DNS as the primary server of zones."""
    at = at or lab.address(host)
    folder = own_folder(folder, "knot", at)
    text = KNOT_OPTIONS.format(folder=folder, at=at, key=KEY_NAME, algorithm=KEY_ALGORITHM, secret=KEY_SECRET)
    text += "".join(knot_zone(folder, one) for one in zones)
    (folder / "knot.conf").write_text(text, encoding="utf-8")
    process = start(lab, host, [*KNOT_NAMED, program("knotd"), "-c", folder / "knot.conf"], "server started")
    process.wait_for(r"\] loaded, serial none", count=len(zones))
    return process


# Others

def dnsmasq(lab, upstream, *, host="dns", at=None):
    """dnsmasq as a forwarder with a cache, as home routers and hypervisors have it."""
    at = at or lab.address(host)
    same_user = ("--user=root", "--group=")  # nobody may change groups in a user namespace
    return start(lab, host, [program("dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", *same_user,
                             "--no-resolv", "--no-hosts", "--bind-interfaces", f"--listen-address={at}", "--log-facility=-",
                             "--except-interface=lo", f"--server={upstream}"], "using nameserver")


def misbehaving(lab, behaviour, upstream, *, host="dns", at=None):
    """Passes messages on to another server and spoils what comes back: dns_misbehaving.py has the behaviours."""
    return lab.python(host, "dns_misbehaving.py", at or lab.address(host), upstream, behaviour)
