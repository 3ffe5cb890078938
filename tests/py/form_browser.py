"""The offline page of a form in a Chromium of its own, without a network: what
a person does with it, and what is left of it. For the tests of the page
(tests/unit/client) and of its way into a vault (tests/integration)."""

import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import Select, WebDriverWait
except ImportError:
    print("no python3-selenium: skipped")
    sys.exit(77)

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
if not os.path.exists(CHROMIUM) or not os.path.exists(DRIVER):
    print("no chromium: skipped")
    sys.exit(77)

WAIT_S = 30
FLAGS = """--headless=new --no-sandbox --disable-gpu --no-first-run
--disable-background-networking --disable-component-update --disable-sync
--disable-default-apps --no-default-browser-check --no-pings
--disable-domain-reliability --window-size=1000,900""".split()
PLACE = "GPSPLACE-48.5390N-2.6608E"


def photograph(path, width, height):
    """A picture, and what a camera adds to one."""
    rows = b"".join(b"\0" + bytes((x * 7 + y) % 256
                                  for x in range(width * 3))
                    for y in range(height))

    def chunk(name, data):
        return (struct.pack(">I", len(data)) + name + data +
                struct.pack(">I", zlib.crc32(name + data)))
    png = (b"\x89PNG\r\n\x1a\n" +
           chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0,
                                      0)) +
           chunk(b"tEXt", b"Location\0" + PLACE.encode()) +
           chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    with open(path, "wb") as f:
        f.write(png)


def children(pid):
    """The processes that this one began, and theirs."""
    found = []
    with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
        for child in map(int, f.read().split()):
            found += [child] + children(child)
    return found


class Page:
    """One page in a browser of its own, with nothing before and after."""

    def __init__(self, html):
        self.html = html
        self.dir = tempfile.mkdtemp(prefix="form-")
        self.profile = os.path.join(self.dir, "profile")
        self.downloads = os.path.join(self.dir, "downloads")
        os.mkdir(self.downloads)
        path = os.path.join(self.dir, "form.html")
        with open(path, "wb") as f:
            f.write(html)
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for flag in FLAGS + ["--user-data-dir=" + self.profile]:
            options.add_argument(flag)
        options.add_experimental_option("prefs", {
            "download.default_directory": self.downloads,
            "download.prompt_for_download": False})
        options.set_capability("goog:loggingPrefs",
                               {"browser": "ALL", "performance": "ALL"})
        self.d = webdriver.Chrome(service=Service(DRIVER), options=options)
        self.d.execute_cdp_cmd("Network.enable", {})
        self.d.execute_cdp_cmd("Network.emulateNetworkConditions", {
            "offline": True, "latency": 0, "downloadThroughput": 0,
            "uploadThroughput": 0})
        self.d.get("file://" + path)

    def by_name(self, name):
        return self.d.find_element(By.NAME, name)

    def type(self, name, text):
        e = self.by_name(name)
        if e.get_attribute("type") == "date":
            self.d.execute_script(
                "arguments[0].value = arguments[1];"
                "arguments[0].dispatchEvent("
                "new Event('input', {bubbles: true}));", e, text)
        else:
            e.clear()
            e.send_keys(text)

    def choose(self, name, value):
        Select(self.by_name(name)).select_by_value(value)

    def click(self, css):
        e = self.d.find_element(By.CSS_SELECTOR, css)
        self.d.execute_script(
            "arguments[0].scrollIntoView({block: 'center'})", e)
        e.click()

    def wait(self, what):
        return WebDriverWait(self.d, WAIT_S).until(lambda d: what())

    def photo(self, section, *paths):
        e = self.d.find_element(By.ID, section + "-c")
        e.send_keys("\n".join(paths))

    def photos(self, section):
        return len(self.d.find_elements(
            By.CSS_SELECTOR, "#%s ol li img" % section))

    def seal(self):
        """The one file that the page gives: its name and its bytes."""
        before = set(os.listdir(self.downloads))

        def arrived():
            new = [n for n in os.listdir(self.downloads)
                   if n not in before and n.endswith(".sceau")]
            return new[0] if new else None
        self.click("#seal")
        name = self.wait(arrived)
        with open(os.path.join(self.downloads, name), "rb") as f:
            return name, f.read()

    def faults(self):
        self.click("#seal")
        self.wait(lambda: self.d.find_element(
            By.ID, "summary").is_displayed())
        return self.d.find_element(By.ID, "summary").text

    def complaints(self):
        return [e["message"] for e in self.d.get_log("browser")
                if e["level"] in ("SEVERE", "WARNING")]

    def requests(self):
        found = []
        for entry in self.d.get_log("performance"):
            m = json.loads(entry["message"])["message"]
            if m["method"] == "Network.requestWillBeSent":
                found.append(m["params"]["request"]["url"])
        return [u for u in found if not u.startswith(
            ("file:", "blob:", "data:", "chrome:"))]

    def stored(self):
        return self.d.execute_async_script(
            "const done = arguments[0];"
            "(async () => done([localStorage.length, sessionStorage.length,"
            " (await indexedDB.databases()).length, document.cookie,"
            " location.search + location.hash]))()")

    def axe(self, script):
        """What axe-core finds: WCAG 2.2 AA and best practice."""
        self.d.execute_script(script)
        found = self.d.execute_async_script(
            "const done = arguments[0];"
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a',"
            " 'wcag21aa', 'wcag22aa', 'best-practice']}).then(done)")
        return ["%s: %s" % (v["id"], n["html"][:200])
                for v in found["violations"] for n in v["nodes"]]

    def quit(self):
        self.d.quit()

    def scan(self, *canaries):
        """Every file that the browser left, but the page itself."""
        found = []
        for root, _, names in os.walk(self.dir):
            for n in names:
                path = os.path.join(root, n)
                if not os.path.isfile(path) or n == "form.html" or \
                        n.endswith(".png"):
                    continue
                with open(path, "rb") as f:
                    data = f.read()
                for c in canaries:
                    if c.encode() in data or c.encode("utf-16-le") in data:
                        found.append((os.path.relpath(path, self.dir), c))
        return found

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)
