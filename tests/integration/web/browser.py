"""The console in a real Chromium, as a person at a desk has it.

A journey is a Python file that web_drive (web.sh) runs:

    from browser import Desk, run

    def the_morning(desk):
        b = desk.at("amelie")            # her browser, her ssh, her socket
        b.open("/")
        b.click("Rechercher")            # by accessible name, as it is read
        b.fill("Nom, commune ou référence", "Durand")
        b.press_enter()
        b.wait_for("1 dossier")          # a condition; never a sleep
        b.inspect("recherche")           # the rules below; a screenshot
        assert b.clicks <= 2

    run(the_morning)

Every page and every state of a page is to be inspected once:

    inspect(NAME)   axe-core finds nothing (WCAG 2.2 AA and best practice);
                    the page has a title, one h1, the language of its text;
                    the browser is told to keep nothing that is typed;
                    nothing scrolls sideways at 320 CSS pixels (which is also
                    640 at 200 %); it weighs under 100 KB; the screenshots
                    NAME.png and NAME-320.png are in BUILD/screenshots

and these are held at every moment, and looked at by inspect() and at the end:

    - no error of a script, no violation of the content security policy;
    - no request to another origin; nothing of a file in an address;
    - each page and each answer to a script has the policy, "no-store",
      "nosniff", and tells other sites nothing;
    - no PDF as a page: it is saved, never shown.

What a journey may do besides: tick, choose, attach, keyboard() (nothing but
keys; the focus must be seen), scripts(False), offline(True), downloads(),
within="…" to name a group when a label is there twice, desk.sceau(WHO, …) to
ask the vault itself, desk.shell(COMMAND) for the functions of lib.sh (stop
daemon, break_line amelie, …). A refusal that is meant to be seen goes into
"with b.refusals(): …", where answers of 4xx and 5xx are no fault.

The Chromium of each person has its own profile, in memory; quit(canaries)
ends it and searches all that it left.
"""

import base64
import contextlib
import json
import os
import re
import select
import shutil
import subprocess
import sys
import time
import traceback
import urllib.parse

from selenium import webdriver
from selenium.common.exceptions import (
    JavascriptException,
    NoSuchElementException,
    StaleElementReferenceException,
    WebDriverException,
)
from selenium.webdriver.chromium.remote_connection import (
    ChromiumRemoteConnection,
)
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.file_detector import UselessFileDetector

WAIT_S = 15
"""For a condition; a journey that waits longer has failed."""
PAGE_BYTES = 100 * 1000
TABS = 250
"""Tab key presses in search of one element."""

SEAT = os.environ.get("SCEAU_WEB_SEAT", "/run/home/portable")
SHOTS = os.environ.get("SCEAU_WEB_SHOTS", "/run/work/out")
AXE = os.environ.get("SCEAU_WEB_AXE", "")
INSPECTED = os.environ.get("SCEAU_WEB_INSPECTED", os.devnull)
DESK_USER = "portable"

FLAGS = """--headless=new --no-sandbox --disable-gpu --no-first-run
--no-default-browser-check --disable-quic --disable-background-networking
--disable-component-update --disable-sync --disable-default-apps
--disable-domain-reliability --disable-client-side-phishing-detection
--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider
--metrics-recording-only --no-pings --password-store=basic --lang=fr-FR
--accept-lang=fr-FR,fr --window-size=1280,900 --force-color-profile=srgb
--hide-scrollbars""".split()

AXE_TAGS = [
    "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice",
]

PRESSED = (
    "a[href], button, summary, input, label, select, [role=button], "
    "[role=link], [role=checkbox], [role=radio], [role=tab], "
    "[role=menuitem], [role=option], [role=switch]"
)
FILLED = "input:not([type=hidden]), textarea, select, [contenteditable=true]"
GROUPS = (
    "fieldset, section, article, form, nav, main, aside, dialog, table, tr, "
    "details, ul, ol, li, [role=group], [role=region], [role=dialog]"
)

# The last listeners of all: by then a script of the page that does it itself
# has said so. Without scripts nothing listens, and an element tells by what
# it is.
STILL = """
    const away = a => a && !a.download && !a.target &&
        a.href.split('#')[0] !== location.href.split('#')[0];
    const goes = e => {
        const x = e.closest('a[href], button, input');
        return x && (x.href ? away(x) : x.form && (x.type === 'submit' ||
            x.type === 'image' || x.type === 'text' || x.type === 'search'));
    };
    const watch = () => {
        const seen = window.sceauLeaves !== undefined;
        window.sceauLeaves = false;
        if (seen) return;
        addEventListener('submit', e => {
            if (!e.defaultPrevented) window.sceauLeaves = true;
        });
        addEventListener('click', e => {
            if (!e.defaultPrevented && away(e.target.closest('a[href]')))
                window.sceauLeaves = true;
        });
    };
"""


class Fault(AssertionError):
    """What a page must never do."""


def squeezed(text):
    return re.sub(r"\s+", " ", text or "").strip()


def matches(wanted, text):
    if isinstance(wanted, re.Pattern):
        return bool(wanted.search(squeezed(text)))
    return squeezed(wanted) == squeezed(text)


def until(condition, what, seconds=WAIT_S):
    """The condition's first true value. Asked again and again; an element
    that is not there yet, or not any more, is "not yet", and so is a line
    that is down."""
    end = time.monotonic() + seconds
    while True:
        try:
            value = condition()
            if value:
                return value
        except (NoSuchElementException, StaleElementReferenceException):
            pass
        except WebDriverException as e:
            # The page went while it was read: chromedriver's other words.
            if "net::ERR" not in str(e) and \
                    "does not belong to the document" not in str(e):
                raise
        if time.monotonic() > end:
            what = what() if callable(what) else what
            raise Fault("n'arrive pas : %s" % what)
        select.select([], [], [], 0.03)


def become(user, *command):
    return [
        "setpriv", "--reuid=" + user, "--regid=" + user, "--init-groups",
        "env", "-i", "PATH=/run/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8",
        "LANGUAGE=fr", "HOME=" + SEAT, "USER=" + user, "TMPDIR=" + SEAT + "/tmp",
        *command,
    ]


class Desk:
    """A computer of the team: one driver, a Chromium for each person who
    sits there."""

    def __init__(self, browser=True):
        ports = os.environ.get("SCEAU_WEB_PORTS", "").split()
        self.ports = dict(p.split("=") for p in ports)
        self.browsers = {}
        self.codes = {}
        self.driver = None
        if browser:
            self.start()

    def start(self):
        self.driver = subprocess.Popen(
            become(DESK_USER, "chromedriver", "--port=0", "--log-level=SEVERE"),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            cwd=SEAT,
        )
        self.address = "http://127.0.0.1:%s" % self.driver_port()

    def driver_port(self):
        said = ""
        for line in self.driver.stdout:
            said += line
            found = re.search(r"started successfully on port (\d+)", line)
            if found:
                return found.group(1)
        raise Fault("chromedriver: " + said)

    def at(self, person):
        """Their browser; started the first time, and on no page then."""
        if person not in self.browsers:
            self.browsers[person] = Browser(self, person)
        return self.browsers[person]

    def origin(self, person):
        return "http://127.0.0.1:" + self.ports[person]

    def sceau(self, person, *words, status=0):
        """The command line, on the vault's machine, as that person: the JSON
        that it prints, or its text."""
        return self.run_as(person, "sceau", "--json", *words, status=status)

    def run_as(self, person, *words, status=0):
        vault = os.environ["SCEAU_DIR"]
        done = subprocess.run(
            become(person, "SCEAU_DIR=" + vault, "HOME=/run/home/" + person,
                   *words),
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=60,
        )
        if done.returncode != status:
            raise Fault("%s : statut %d : %s%s" % (
                " ".join(words), done.returncode, done.stdout, done.stderr))
        try:
            return json.loads(done.stdout)
        except ValueError:
            return done.stdout

    def code(self, person):
        """What the terminal of their console shows to who knocks."""
        path = "/run/work/log/web-%s.log" % person
        def there():
            with open(path, encoding="utf-8") as f:
                return re.findall(r"fois.: ([0-9a-z-]{24})$", f.read(), re.M)
        before = self.codes.get(person, 0)
        found = until(lambda: there() if len(there()) > before else None,
                      "un code pour %s" % person)
        self.codes[person] = len(found)
        return found[-1]

    def shell(self, command):
        """A command of the script that runs this, with its functions."""
        os.write(3, command.encode() + b"\n")
        answer = os.read(4, 64)
        if answer != b"done\n":
            raise Fault("shell: " + command)

    def close(self):
        for browser in self.browsers.values():
            browser.end()
        if self.driver is None:
            return
        self.driver.terminate()
        try:
            self.driver.wait(10)
        except subprocess.TimeoutExpired:
            self.driver.kill()
            self.driver.wait()


class Browser:
    """One person's Chromium."""

    def __init__(self, desk, person, origins=None):
        self.desk = desk
        self.person = person
        self.origins = origins or [desk.origin(person)]
        self.home = "%s/chromium-%s" % (SEAT, person)
        self.saved = "%s/telechargements/%s" % (SEAT, person)
        for folder in (self.home, self.saved):
            os.makedirs(folder, exist_ok=True)
            shutil.chown(folder, DESK_USER, DESK_USER)
        self.clicks = 0
        self.faults = []
        self.requests = []
        self.weight = 0
        self.first_byte_ms = None
        self.expect_refusals = 0
        self.scripting = True
        self.d = self.start()
        # Files are named to Chromium where they lie.
        self.d.file_detector = UselessFileDetector()
        self.d.set_page_load_timeout(30)
        self.d.set_script_timeout(60)
        self.d.get("about:blank")
        for log in ("browser", "performance"):
            self.d.get_log(log)
        self.cdp("Browser.setDownloadBehavior", behavior="allow",
                 downloadPath=self.saved)

    def start(self):
        options = webdriver.ChromeOptions()
        for flag in FLAGS:
            options.add_argument(flag)
        options.add_argument("--user-data-dir=" + self.home)
        options.add_experimental_option("prefs", {
            "intl.accept_languages": "fr-FR,fr",
        })
        options.set_capability("goog:loggingPrefs",
                               {"browser": "ALL", "performance": "ALL"})
        link = ChromiumRemoteConnection(
            self.desk.address, vendor_prefix="goog", browser_name="chrome",
            keep_alive=True)
        return webdriver.Remote(command_executor=link, options=options)

    def cdp(self, command, **params):
        return self.d.execute("executeCdpCommand",
                              {"cmd": command, "params": params})["value"]

    # --- going, reading -----------------------------------------------

    def open(self, path):
        """A page by its path, or a whole address."""
        at = path if "://" in path else self.origins[0] + path
        self.d.get(at)
        return self

    def enter_again(self):
        """After the last session: by the code on the terminal."""
        self.open("/")
        self.wait_for("Le code est à l'écran")
        self.fill("Code", self.desk.code(self.person))
        self.click("Entrer")
        self.wait_for("Aujourd'hui")

    @property
    def path(self):
        return urllib.parse.urlsplit(self.d.current_url).path

    @property
    def text(self):
        """What is read on the page, blanks squeezed."""
        return self.text_of("body")

    def text_of(self, css):
        """What the first element of css says; waited for, and read again
        when its page went meanwhile."""
        def read():
            found = self.all(css)
            return [squeezed(found[0].text)] if found else None
        return until(read, lambda: "%s dans %s" % (css, self.path))[0]

    def sees(self, words):
        if isinstance(words, re.Pattern):
            return bool(words.search(self.text))
        return squeezed(words) in self.text

    def wait_for(self, condition, seconds=WAIT_S):
        """Words, a pattern, or a function."""
        if callable(condition):
            return until(condition, lambda: self.told("une condition"), seconds)
        return until(lambda: self.sees(condition),
                     lambda: self.told("« %s »" % condition), seconds)

    def told(self, what):
        return "%s ; la page %s dit : %s" % (what, self.path, self.text[:1500])

    # --- finding ------------------------------------------------------

    def all(self, css, root=None):
        return (root or self.d).find_elements("css selector", css)

    def first(self, css, at=0):
        """The element at this place among those of css, waited for."""
        def there():
            found = self.all(css)
            return found[at] if len(found) > (at if at >= 0 else 0) else None
        return until(there, lambda: self.told(css))

    def root(self, within):
        if within is None:
            return None
        if not isinstance(within, (str, re.Pattern)):
            return within
        return self.named(within, GROUPS)

    def named(self, name, css, within=None, shown=True):
        """The one element with this accessible name, waited for."""
        return until(lambda: self.one(name, css, within, shown),
                     lambda: self.told("« %s »" % (name,)))

    def one(self, name, css, within, shown):
        found = self.every(name, css, within, shown)
        if len(found) > 1:
            raise Fault("« %s » est là %d fois dans %s" % (
                name, len(found), self.path))
        return found[0] if found else None

    def every(self, name, css=PRESSED, within=None, shown=True):
        """All elements with this accessible name; the words of a label are
        its control's."""
        found = []
        for e in self.all(css, self.root(within)):
            if e.tag_name == "label" or (shown and not self.is_shown(e)):
                continue
            if matches(name, e.accessible_name):
                found.append(e)
        return found

    def is_shown(self, e):
        # A control that its label stands for may be drawn by the label.
        return e.is_displayed() or e.get_attribute("type") in (
            "checkbox", "radio", "file")

    def is_there(self, name, css=PRESSED + "," + FILLED, within=None):
        return bool(self.every(name, css, within))

    # --- doing --------------------------------------------------------

    def click(self, name, within=None):
        """What is pressed by this accessible name. Counted."""
        self.press(self.named(name, PRESSED, within))

    def press(self, element):
        self.clicks += 1
        if not element.is_displayed() or self.is_covered(element):
            element = self.label_of(element) or element
        with self.leaving(element):
            element.click()

    @contextlib.contextmanager
    def leaving(self, element):
        """When what is done inside sends a form or follows a link, wait for
        the page that comes, or for the file that is saved instead: nothing
        that is looked at next may still be of the page before."""
        saved = os.listdir(self.saved)
        goes = not self.scripting and bool(self.d.execute_script(
            STILL + "return goes(arguments[0])", element))
        self.d.execute_script(STILL + "watch()")
        yield
        until(lambda: self.has_left(goes) or os.listdir(self.saved) != saved,
              lambda: self.told("la page suivante"))

    def has_left(self, goes):
        try:
            left = self.d.execute_script(
                "return window.sceauLeaves === undefined ? 'yes' :"
                " window.sceauLeaves ? 'soon' : 'no'")
            if left == "yes":
                return self.d.execute_script(
                    "return document.readyState") == "complete"
            return left == "no" and not goes
        except JavascriptException:
            return False

    def is_covered(self, e):
        return e.rect["width"] < 2 or e.rect["height"] < 2

    def label_of(self, e):
        return self.d.execute_script(
            "return arguments[0].labels && arguments[0].labels[0]", e)

    def tick(self, name, within=None, on=True):
        """A box or a choice among several; a click when it changes."""
        e = self.named(name, "input[type=checkbox], input[type=radio]", within)
        if e.is_selected() != on:
            self.press(e)
        until(lambda: e.is_selected() == on, "« %s » cochée" % name)

    def fill(self, name, text, within=None):
        """Typing into a field; dates as 2026-11-23."""
        e = self.named(name, FILLED, within)
        if e.get_attribute("type") in ("date", "time", "datetime-local"):
            self.set_value(e, text)
            return
        e.clear()
        e.send_keys(text)

    def set_value(self, e, text):
        # A date's keys depend on the locale; the value does not.
        self.d.execute_script(
            "arguments[0].value = arguments[1];"
            "for (const n of ['input', 'change'])"
            " arguments[0].dispatchEvent(new Event(n, {bubbles: true}))",
            e, text)

    def choose(self, name, option, within=None):
        """One of a drop-down list. Counted as one click."""
        self.clicks += 1
        e = self.named(name, "select", within)
        for o in self.all("option", e):
            if matches(option, o.text):
                with self.leaving(o):
                    o.click()
                return
        raise Fault("« %s » n'est pas dans « %s »" % (option, name))

    def attach(self, name, *paths, within=None):
        """Files into a field, as the chooser would give them. One click. They
        must be where the desk's account can read them."""
        self.clicks += 1
        e = self.named(name, "input[type=file]", within, shown=False)
        e.send_keys("\n".join(paths))

    def press_enter(self):
        e = self.d.switch_to.active_element
        with self.leaving(e):
            e.send_keys(Keys.ENTER)

    def keyboard(self):
        return Keyboard(self)

    def downloads(self, count=1):
        """The files that were saved, when there are that many and each is
        whole."""
        def there():
            names = sorted(os.listdir(self.saved))
            if any(n.endswith((".crdownload", ".tmp")) or n[0] == "."
                   for n in names):
                return None
            return names if len(names) >= count else None
        names = until(there, "%d fichier(s) dans %s" % (count, self.saved))
        return [os.path.join(self.saved, n) for n in names]

    # --- modes --------------------------------------------------------

    def scripts(self, on):
        """False: pages run no script from the next one on."""
        self.scripting = on
        self.cdp("Emulation.setScriptExecutionDisabled", value=not on)

    def offline(self, on):
        self.cdp("Network.enable")
        self.cdp("Network.emulateNetworkConditions", offline=on, latency=0,
                 downloadThroughput=-1, uploadThroughput=-1)

    def wide(self, width, height=900):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width,
                 height=height, deviceScaleFactor=1, mobile=False)

    def usual(self):
        self.cdp("Emulation.clearDeviceMetricsOverride")

    @contextlib.contextmanager
    def refusals(self):
        """Answers of 4xx and 5xx are what is looked for."""
        self.look()
        self.expect_refusals += 1
        try:
            yield
            self.look()
        finally:
            self.expect_refusals -= 1

    # --- the rules ----------------------------------------------------

    def look(self):
        """Take in what happened since the last time, and fail for a fault."""
        for line in self.d.get_log("browser"):
            self.console(line)
        for line in self.d.get_log("performance"):
            message = json.loads(line["message"])["message"]
            self.event(message["method"], message["params"])
        if self.faults:
            raise Fault("%s, %s : %s" % (
                self.person, self.path, "\n   ".join(self.faults)))

    def fault(self, text):
        if text not in self.faults:
            self.faults.append(text)

    def console(self, line):
        if line["source"] == "network" and self.expect_refusals:
            return
        if line["level"] == "SEVERE" or line["source"] in (
                "security", "violation"):
            self.fault("console : " + line["message"])

    def event(self, method, p):
        if method == "Network.requestWillBeSent":
            self.asked(p)
        elif method == "Network.responseReceived":
            self.answered(p)
        elif method == "Network.loadingFinished":
            self.weight += max(0, int(p.get("encodedDataLength", 0)))

    def asked(self, p):
        url = p["request"]["url"]
        scheme = urllib.parse.urlsplit(url).scheme
        if p.get("type") == "Document" and "redirectResponse" not in p:
            self.weight = 0
        self.requests.append((p["request"]["method"], url))
        if scheme in ("data", "blob", "about", "chrome", "file"):
            return
        if not any(url.startswith(o + "/") for o in self.origins):
            self.fault("demande ailleurs : " + url)

    def answered(self, p):
        response = p["response"]
        url = response["url"]
        if not url.startswith("http"):
            return
        timing = response.get("timing")
        if p["type"] == "Document" and timing:
            at = timing.get("receiveHeadersStart",
                            timing["receiveHeadersEnd"])
            self.first_byte_ms = at - timing["sendStart"]
        if response["mimeType"] == "application/pdf" and not any(
                v.lower().startswith("attachment")
                for n, v in response["headers"].items()
                if n.lower() == "content-disposition"):
            self.fault("un PDF comme page : " + url)
        if response["status"] >= 500 and not self.expect_refusals:
            self.fault("%d : %s" % (response["status"], url))
        self.headers(p["type"], url, response["headers"])

    def headers(self, kind, url, headers):
        h = {k.lower(): v for k, v in headers.items()}
        want = {"x-content-type-options": "nosniff"}
        if kind in ("Document", "XHR", "Fetch"):
            want.update({
                "content-security-policy": "default-src 'none'",
                "cache-control": "no-store",
            })
            if h.get("referrer-policy") not in ("no-referrer", "same-origin"):
                self.fault("%s sans Referrer-Policy" % url)
        for name, value in want.items():
            if value not in h.get(name, ""):
                self.fault("%s sans %s: %s" % (url, name, value))

    def inspect(self, name):
        """Every rule for the page as it stands."""
        self.look()
        self.shape()
        found = self.axe()
        self.shot(name)
        self.narrow(name)
        self.look()
        if found:
            raise Fault("axe, %s (%s) :\n%s" % (name, self.path, found))
        if self.weight > PAGE_BYTES:
            raise Fault("%s pèse %d octets" % (name, self.weight))
        # Only what went through all of it counts as inspected.
        answer = self.d.execute_script(
            "return performance.getEntriesByType('navigation')[0]"
            ".responseStatus")
        with open(INSPECTED, "a", encoding="utf-8") as f:
            f.write("%d %s %s\n" % (answer or 0, self.path, name))

    def shape(self):
        got = self.d.execute_script("""
            return {title: document.title.trim(),
                lang: document.documentElement.lang,
                h1: document.querySelectorAll('h1').length}""")
        if not got["title"] or not got["lang"] or got["h1"] != 1:
            raise Fault("%s : titre, langue, un seul h1 : %s" % (
                self.path, got))
        # What Chromium keeps of fields on its disk: it does unless told.
        kept = self.d.execute_script("""
            const other = ['hidden', 'checkbox', 'radio', 'file', 'submit',
                'button', 'date', 'month', 'time', 'number', 'range'];
            return [...document.querySelectorAll('input, textarea')].filter(
                e => !other.includes(e.type) && 'off' !== (
                    e.getAttribute('autocomplete') ||
                    (e.form && e.form.getAttribute('autocomplete')))).map(
                e => e.outerHTML.slice(0, 120))""")
        if kept:
            raise Fault("%s : le navigateur garderait ce que l'on tape : %s" %
                        (self.path, kept))

    def axe(self):
        """What axe-core finds on the page, in words; nothing without axe."""
        if not AXE:
            return ""
        if not self.d.execute_script("return !!window.axe"):
            self.d.execute_script(axe_source())
        result = self.d.execute_async_script("""
            const [tags, done] = arguments;
            axe.run(document, {runOnly: {type: 'tag', values: tags},
                resultTypes: ['violations']}).then(done,
                e => done({error: String(e)}))""", AXE_TAGS)
        if "error" in result:
            raise Fault("axe : " + result["error"])
        return "\n".join(violation(v) for v in result["violations"])

    def shot(self, name):
        """The whole page, as BUILD/screenshots/NAME.png."""
        size = self.cdp("Page.getLayoutMetrics")["cssContentSize"]
        picture = self.cdp(
            "Page.captureScreenshot", format="png",
            captureBeyondViewport=True,
            clip={"x": 0, "y": 0, "scale": 1, "width": max(1, size["width"]),
                  "height": max(1, min(size["height"], 6000))})
        with open(os.path.join(SHOTS, name + ".png"), "wb") as f:
            f.write(base64.b64decode(picture["data"]))

    def narrow(self, name):
        """WCAG 1.4.10: 320 CSS pixels, no scrolling in two directions."""
        self.wide(320, 700)
        wide = self.d.execute_script("""
            const limit = document.documentElement.clientWidth;
            if (document.scrollingElement.scrollWidth <= limit) return '';
            return [...document.body.querySelectorAll('*')].filter(e =>
                e.getBoundingClientRect().right > limit + 1).slice(0, 4).map(
                e => e.outerHTML.slice(0, 120)).join(' | ') || 'body'""")
        self.shot(name + "-320")
        self.usual()
        if wide:
            raise Fault("%s déborde à 320 px : %s" % (name, wide))

    # --- the end ------------------------------------------------------

    def end(self):
        if self.d is None:
            return
        driver, self.d = self.d, None
        with contextlib.suppress(WebDriverException):
            driver.quit()

    def quit(self, canaries=()):
        """End it, and search its profile: no page in the history by a name,
        no word of a file, no cookie kept."""
        self.look()
        self.end()
        del self.desk.browsers[self.person]
        found = list(self.left(canaries))
        if found:
            raise Fault("le profil de %s garde : %s" % (
                self.person, "; ".join(found)))

    def left(self, canaries):
        """(file, canary) for whatever is found in the profile."""
        forms = {c: written(c) for c in canaries}
        for folder, _, names in os.walk(self.home):
            for leaf in names:
                path = os.path.join(folder, leaf)
                if not os.path.isfile(path) or os.path.islink(path):
                    continue
                with open(path, "rb") as f:
                    content = f.read()
                for canary, ways in forms.items():
                    if any(w in content for w in ways):
                        yield "%s : « %s »" % (
                            os.path.relpath(path, self.home), canary)
        # A fresh start would forget that it looked at nothing.
        if not os.path.exists(self.home + "/Default/History"):
            yield "aucun historique : le profil n'est pas là"


def written(text):
    """The bytes by which a text may lie in a file."""
    ways = [text.encode("utf-8"), text.encode("utf-16-le"),
            urllib.parse.quote(text).encode(),
            urllib.parse.quote_plus(text).encode(),
            json.dumps(text)[1:-1].encode()]
    with contextlib.suppress(UnicodeEncodeError):
        ways.append(text.encode("latin-1"))
    return set(ways)


_axe_source = []


def axe_source():
    if not _axe_source:
        with open(AXE, encoding="utf-8") as f:
            _axe_source.append(f.read())
    return _axe_source[0]


def violation(v):
    lines = ["   %s (%s) : %s" % (v["id"], v["impact"], v["help"])]
    for node in v["nodes"][:4]:
        lines.append("     %s" % squeezed(node["html"])[:160])
        for check in node["any"] + node["all"] + node["none"]:
            lines.append("       " + squeezed(check["message"])[:160])
    return "\n".join(lines)


class Keyboard:
    """Nothing but keys, to whatever has the focus."""

    def __init__(self, browser):
        self.b = browser
        self.keys = 0

    @property
    def active(self):
        return self.b.d.switch_to.active_element

    def send(self, keys):
        self.keys += 1
        ActionChains(self.b.d).send_keys(keys).perform()

    def to(self, name, back=False):
        """Tab until the focus is on this accessible name; it must be seen."""
        key = Keys.SHIFT + Keys.TAB if back else Keys.TAB
        passed = []
        for _ in range(TABS):
            e = self.active
            if e.tag_name != "body" and matches(name, e.accessible_name):
                self.seen(e)
                return self
            passed.append(squeezed(e.accessible_name)[:40])
            self.send(key)
        raise Fault("la touche Tab n'arrive pas à « %s » : %s" % (
            name, ", ".join(dict.fromkeys(passed))))

    def seen(self, e):
        """WCAG 2.4.7 and 2.4.11: drawn, and not under something else."""
        got = self.b.d.execute_script("""
            const e = arguments[0], s = getComputedStyle(e);
            const l = e.labels && e.labels[0];
            const drawn = x => { const s = getComputedStyle(x); return (
                s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0)
                || s.boxShadow !== 'none' };
            const r = e.getBoundingClientRect();
            return {drawn: drawn(e) || (l && drawn(l)) ||
                    (e.parentElement && drawn(e.parentElement)),
                inside: r.bottom > 0 && r.top < innerHeight}""", e)
        if not got["drawn"] or not got["inside"]:
            raise Fault("le focus ne se voit pas : « %s » %s" % (
                e.accessible_name, got))

    def type(self, text):
        self.send(text)
        return self

    def enter(self):
        with self.b.leaving(self.active):
            self.send(Keys.ENTER)
        return self

    def space(self):
        with self.b.leaving(self.active):
            self.send(Keys.SPACE)
        return self

    def files(self, *paths):
        """The chooser is the system's: the focus must be on a field for
        files, and they are given to it."""
        if self.active.get_attribute("type") != "file":
            raise Fault("le focus n'est pas sur un champ de fichiers")
        self.keys += 1
        self.active.send_keys("\n".join(paths))
        return self


def say(text):
    print("   ✓ " + text, flush=True)


def run(*journeys, browser=True):
    """Each in turn, on one desk; the first fault ends it, with a picture of
    each browser. What a journey's first line of documentation says is
    printed when it is done."""
    desk = Desk(browser)
    status = 0
    try:
        for journey in journeys:
            began = time.monotonic()
            journey(desk)
            for browser in list(desk.browsers.values()):
                browser.look()
            told = (journey.__doc__ or journey.__name__).strip().split("\n")
            say("%s (%.1f s)" % (told[0], time.monotonic() - began))
    except (Exception, KeyboardInterrupt):
        traceback.print_exc()
        for person, browser in desk.browsers.items():
            with contextlib.suppress(Exception):
                browser.shot("echec-" + person)
                print("   %s : %s" % (person, browser.told("l'échec")),
                      file=sys.stderr)
        status = 1
    finally:
        desk.close()
    sys.exit(status)
