# SPDX-License-Identifier: GPL-3.0-or-later
"""Chromium without a window, spoken to over its DevTools pipe: open a page, ask it, press keys, take pictures."""
import base64
import json
import os
import shutil
import subprocess
import tempfile
import time

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    def __init__(self, width=1280, height=800):
        self.size = (width, height)
        self.counter = 0
        self.events = []

    def __enter__(self):
        self.home = tempfile.TemporaryDirectory(prefix="limpet-browser-")
        to_read, to_write = os.pipe()
        from_read, from_write = os.pipe()
        fds = [os.dup(fd) for fd in (to_read, from_write)]  # above 3 and 4, so that neither covers the other
        for fd in (to_read, from_write):
            os.close(fd)

        def place():
            high = [os.dup(fd) for fd in fds]
            high = [os.dup(fd) for fd in high]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self.process = subprocess.Popen(
            [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--remote-debugging-pipe", f"--user-data-dir={self.home.name}/profile",
             f"--window-size={self.size[0]},{self.size[1]}", "about:blank"],
            preexec_fn=place, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={**os.environ, "HOME": self.home.name})
        for fd in fds:
            os.close(fd)
        self.to, self.source, self.rest = to_write, from_read, b""
        target = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = None
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")
        self.resize(*self.size)
        return self

    def __exit__(self, *_):
        os.close(self.to)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.source)
        shutil.rmtree(self.home.name, ignore_errors=True)
        self.home.cleanup()

    def read(self):
        while b"\0" not in self.rest:
            got = os.read(self.source, 1 << 16)
            if not got:
                raise RuntimeError("chromium has gone")
            self.rest += got
        message, _, self.rest = self.rest.partition(b"\0")
        return json.loads(message)

    def call(self, method, **params):
        self.counter += 1
        message = {"id": self.counter, "method": method, "params": params}
        if getattr(self, "session", None):
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        while True:
            got = self.read()
            if got.get("id") == self.counter:
                if "error" in got:
                    raise RuntimeError(f"{method}: {got['error']}")
                return got["result"]
            self.events.append(got)

    def ask(self, expression):
        got = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in got:
            raise RuntimeError(str(got["exceptionDetails"]))
        return got["result"].get("value")

    def wait_for(self, expression, timeout=100):
        end = time.monotonic() + timeout
        while not self.ask(expression):
            if time.monotonic() > end:
                raise RuntimeError("waited in vain for " + expression)
            time.sleep(0.02)

    def open(self, url, until="document.readyState === 'complete'"):
        self.call("Page.navigate", url="about:blank")
        self.events.clear()
        self.call("Page.navigate", url=url)
        self.wait_for("location.href !== 'about:blank' && " + until)

    def open_without_scripts(self, url):
        """Until all of it is there: a page whose scripts are off can't be asked."""
        self.scripts(False)
        self.call("Page.navigate", url="about:blank")
        self.events.clear()
        loader = self.call("Page.navigate", url=url)["loaderId"]
        self.call("Page.setLifecycleEventsEnabled", enabled=True)  # tells of those that have been, too
        while not any(e.get("method") == "Page.lifecycleEvent" and e["params"]["name"] == "load" and
                      e["params"]["loaderId"] == loader for e in self.events):
            self.events.append(self.read())
        self.call("Page.setLifecycleEventsEnabled", enabled=False)
        self.scripts(True)

    def resize(self, width, height, phone=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def colours(self, scheme):
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def scripts(self, allowed):
        self.call("Emulation.setScriptExecutionDisabled", value=not allowed)

    def press(self, key, text=None):
        codes = {"ArrowDown": 40, "ArrowUp": 38, "Enter": 13, "Escape": 27, "Tab": 9}
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=codes.get(key, ord(key[0].upper())),
                      **({"text": key} if kind == "keyDown" and len(key) == 1 else {}))

    def page_cpu_s(self):
        """Processor time of the page's main thread"""
        self.call("Performance.enable", timeDomain="threadTicks")
        return {m["name"]: m["value"] for m in self.call("Performance.getMetrics")["metrics"]}["ThreadTime"]

    def picture(self, path):
        with open(path, "wb") as out:
            out.write(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def requests(self):
        return [e["params"]["request"]["url"] for e in self.events if e.get("method") == "Network.requestWillBeSent"]

    def complaints(self):
        return [e["params"] for e in self.events if e.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded")]
