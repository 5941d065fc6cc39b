"""A Chromium whose own developer tools watch a tab, and write what they saw as a HAR file."""

from __future__ import annotations

import json
import time
import urllib.request
from typing import Any, ClassVar

from .chromium import FLAGS, Chromium
from .engine import PATIENCE, BrowserError

_WATCHING = """
return (async () => {
    const sdk = await import('/devtools/core/sdk/sdk.js');
    const manager = sdk.TargetManager.TargetManager.instance();
    const [network] = manager.models(sdk.NetworkManager.NetworkManager);
    if (!network) return false;
    // The tab takes commands in turn: when this one is answered, it tells of its requests.
    await network.target().runtimeAgent().invoke_evaluate({expression: '1'});
    return true;
})();
"""
_KEEP = """
return (async () => {
    const common = await import('/devtools/core/common/common.js');
    common.Settings.Settings.instance().moduleSetting('network-log.preserve-log').set(true);
    return true;
})();
"""
_REQUESTS = """
const logs = await import('/devtools/models/logs/logs.js');
const requests = logs.NetworkLog.NetworkLog.instance().requests();
"""
# An icon is asked for whenever the browser likes, and a response's cookies come beside the rest.
_FINISHED = f"""
return (async () => {{
    {_REQUESTS}
    const pages = requests.filter((each) => each.url() === arguments[0]);
    return pages.filter((each) => each.finished && each.hasExtraResponseInfo()).length;
}})();
"""
_SAVED = f"""
return (async () => {{
    {_REQUESTS}
    const har = await import('/devtools/models/har/har.js');
    const log = await har.Log.Log.build(requests, {{sanitize: arguments[0]}});
    return JSON.stringify({{log}});
}})();
"""


class Recorder(Chromium):
    """Chromium with its developer tools in a second tab, as another machine would open them.

    What they are asked for is what their button for exporting a HAR does.
    """

    flags: ClassVar[tuple[str, ...]] = (*FLAGS, "--remote-allow-origins=*")

    def watch(self) -> None:
        """Have the developer tools watch the tab that commands go to; it stays the current one."""
        self._watched = self.tab
        port = (self.profile / "DevToolsActivePort").read_text().split("\n")[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=PATIENCE) as told:
            (page,) = [each for each in json.load(told) if each["type"] == "page"]
        self._tools = self.new_tab()
        self.open(
            f"http://127.0.0.1:{port}/devtools/devtools_app.html"
            f"?ws=127.0.0.1:{port}/devtools/page/{page['id']}&panel=network"
        )
        self._wait(_WATCHING)
        # The setting is there only when the panel has been loaded.
        self._wait(_KEEP)
        self.switch_to(self._watched)

    def visit(self, url: str, *, times: int) -> None:
        """Go to an address several times, until the developer tools have seen all of it."""
        for _ in range(times):
            self.open(url)
        self.switch_to(self._tools)
        self._wait(_FINISHED, url, least=times)
        self.switch_to(self._watched)

    def har(self, *, sanitized: bool) -> str:
        """What was seen, as JSON.

        Args:
            sanitized: whether cookies and the like are left out, as is Chromium's default.
        """
        self.switch_to(self._tools)
        saved = str(self.script(_SAVED, sanitized))
        self.switch_to(self._watched)
        return saved

    def _wait(self, script: str, *arguments: Any, least: int = 1) -> None:
        deadline = time.monotonic() + PATIENCE
        told: object = None
        while time.monotonic() < deadline:
            try:
                found = self.script(script, *arguments)
            except BrowserError as error:
                # The modules are not there yet, or never will be: said below.
                told, found = error, 0
            if int(found or 0) >= least:
                return
            time.sleep(0.1)
        raise BrowserError(f"the developer tools did not come so far: {told}")
