"""What one jar's browser sends over the years, one header after the other.

The headers are written down in the forms that their makers have used, version by version; they were
not captured from one machine.
"""

from __future__ import annotations

from typing import Final

_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
_APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
_WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT}"
_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
_X11 = f"Mozilla/5.0 (X11; Linux x86_64) {_WEBKIT}"
_K = f"Mozilla/5.0 (Linux; Android 10; K) {_WEBKIT}"

SEQUENCES: Final = {
    # User-Agent reduction: minor versions became zeros with 101, Android's model K with 110.
    "Chrome on Windows": [
        f"Mozilla/5.0 (Windows NT 6.1; Win64; x64) {_WEBKIT} Chrome/87.0.4280.141 Safari/537.36",
        f"{_WINDOWS} Chrome/96.0.4664.110 Safari/537.36",
        f"{_WINDOWS} Chrome/100.0.4896.127 Safari/537.36",
        f"{_WINDOWS} Chrome/101.0.0.0 Safari/537.36",
        f"{_WINDOWS} Chrome/124.0.0.0 Safari/537.36",
        f"{_WINDOWS} Chrome/141.0.0.0 Safari/537.36",
    ],
    "Chrome on macOS": [
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_6) {_WEBKIT} "
            "Chrome/84.0.4147.135 Safari/537.36"
        ),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 11_2_3) {_WEBKIT} "
            "Chrome/89.0.4389.114 Safari/537.36"
        ),
        f"{_MAC} {_WEBKIT} Chrome/99.0.4844.83 Safari/537.36",
        f"{_MAC} {_WEBKIT} Chrome/138.0.0.0 Safari/537.36",
    ],
    "Chrome on Android": [
        (
            f"Mozilla/5.0 (Linux; Android 11; SM-G991B) {_WEBKIT} "
            "Chrome/90.0.4430.210 Mobile Safari/537.36"
        ),
        (
            f"Mozilla/5.0 (Linux; Android 12; SM-G991B) {_WEBKIT} "
            "Chrome/99.0.4844.88 Mobile Safari/537.36"
        ),
        (
            f"Mozilla/5.0 (Linux; Android 13; SM-G991B) {_WEBKIT} "
            "Chrome/107.0.0.0 Mobile Safari/537.36"
        ),
        f"{_K} Chrome/110.0.0.0 Mobile Safari/537.36",
        f"{_K} Chrome/126.0.0.0 Mobile Safari/537.36",
        f"{_X11} Chrome/126.0.0.0 Safari/537.36",  # "Desktop site"
        f"{_K} Chrome/127.0.0.0 Safari/537.36",  # a tablet says nothing of being mobile
        f"{_K} Chrome/139.0.0.0 Mobile Safari/537.36",
    ],
    "Chrome on iOS": [
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 14_4 like Mac OS X) {_APPLE} "
            "CriOS/87.0.4280.77 Mobile/15E148 Safari/604.1"
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) {_APPLE} "
            "CriOS/116.0.5845.118 Mobile/15E148 Safari/604.1"
        ),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_APPLE} "
            "CriOS/116 Version/11.1.1 Safari/605.1.15"
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {_APPLE} "
            "CriOS/125.0.6422.80 Mobile/15E148 Safari/604.1"
        ),
    ],
    "Edge on Windows": [
        f"{_WINDOWS} Chrome/88.0.4324.150 Safari/537.36 Edg/88.0.705.63",
        f"{_WINDOWS} Chrome/103.0.5060.134 Safari/537.36 Edg/103.0.1264.77",
        f"{_WINDOWS} Chrome/114.0.0.0 Safari/537.36 Edg/114.0.1823.43",
        f"{_WINDOWS} Chrome/124.0.0.0 Safari/537.36 Edg/124.0.0.0",
        f"{_WINDOWS} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
    ],
    "Edge on Android": [
        (
            f"Mozilla/5.0 (Linux; Android 10; HD1913) {_WEBKIT} "
            "Chrome/92.0.4515.131 Mobile Safari/537.36 EdgA/92.0.902.67"
        ),
        f"{_K} Chrome/120.0.0.0 Mobile Safari/537.36 EdgA/120.0.0.0",
        f"{_X11} Chrome/121.0.0.0 Safari/537.36 Edg/121.0.0.0",
        f"{_K} Chrome/131.0.0.0 Mobile Safari/537.36 EdgA/131.0.0.0",
    ],
    "Edge on iOS": [
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 15_5 like Mac OS X) {_APPLE} "
            "Version/15.0 EdgiOS/102.0.1245.44 Mobile/15E148 Safari/604.1"
        ),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_APPLE} "
            "Version/17.0 EdgiOS/120.0.2210.150 Safari/605.1.15"
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_7 like Mac OS X) {_APPLE} "
            "Version/17.0 EdgiOS/130.0.2849.80 Mobile/15E148 Safari/605.1.15"
        ),
    ],
    # rv: stood still at 109.0 from 110 to 119.
    "Firefox on Windows": [
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:91.0) Gecko/20100101 Firefox/91.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:109.0) Gecko/20100101 Firefox/109.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:109.0) Gecko/20100101 Firefox/115.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
    ],
    "Firefox on Linux": [
        "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:95.0) Gecko/20100101 Firefox/95.0",
        "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/118.0",
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    ],
    "Firefox on Android": [
        "Mozilla/5.0 (Android 10; Mobile; rv:84.0) Gecko/84.0 Firefox/84.0",
        "Mozilla/5.0 (Android 13; Mobile; rv:109.0) Gecko/117.0 Firefox/117.0",
        "Mozilla/5.0 (X11; Linux x86_64; rv:124.0) Gecko/20100101 Firefox/124.0",
        "Mozilla/5.0 (Android 14; Mobile; rv:131.0) Gecko/131.0 Firefox/131.0",
    ],
    "Firefox on iOS": [
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 13_3_1 like Mac OS X) {_APPLE} "
            "FxiOS/29.0 Mobile/15E148 Safari/605.1.15"
        ),
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15) {_APPLE} FxiOS/128 Safari/605.1.15",
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) {_APPLE} "
            "FxiOS/130.0 Mobile/15E148 Safari/605.1.15"
        ),
    ],
    "Safari on macOS": [
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) {_APPLE} Version/13.1.1 Safari/605.1.15",
        f"{_MAC} {_APPLE} Version/14.1.2 Safari/605.1.15",
        f"{_MAC} {_APPLE} Version/16.6 Safari/605.1.15",
        f"{_MAC} {_APPLE} Version/18.5 Safari/605.1.15",
        f"{_MAC} {_APPLE} Version/26.0 Safari/605.1.15",
    ],
    "Safari on iPhone": [
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 13_5_1 like Mac OS X) {_APPLE} "
            "Version/13.1.1 Mobile/15E148 Safari/604.1"
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 15_6 like Mac OS X) {_APPLE} "
            "Version/15.6 Mobile/15E148 Safari/604.1"
        ),
        f"{_MAC} {_APPLE} Version/15.6 Safari/605.1.15",  # "Request Desktop Website"
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) {_APPLE} "
            "Version/17.5 Mobile/15E148 Safari/604.1"
        ),
        "AppleCoreMedia/1.0.0.21F90 (iPhone; U; CPU OS 17_5_1 like Mac OS X; de_de)",
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {_APPLE} "
            "Version/26.0 Mobile/15E148 Safari/604.1"
        ),
    ],
    # An iPad asks for desktop pages by itself since iPadOS 13, and for others where its user says.
    "Safari on iPad": [
        (
            f"Mozilla/5.0 (iPad; CPU OS 12_4_1 like Mac OS X) {_APPLE} "
            "Version/12.1.2 Mobile/15E148 Safari/604.1"
        ),
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) {_APPLE} Version/13.0.1 Safari/605.1.15",
        f"{_MAC} {_APPLE} Version/16.1 Safari/605.1.15",
        (
            f"Mozilla/5.0 (iPad; CPU OS 16_1 like Mac OS X) {_APPLE} "
            "Version/16.1 Mobile/15E148 Safari/604.1"
        ),
        f"{_MAC} {_APPLE} Version/17.4 Safari/605.1.15",
    ],
    "Samsung Internet": [
        (
            f"Mozilla/5.0 (Linux; Android 11; SAMSUNG SM-G973U) {_WEBKIT} "
            "SamsungBrowser/14.2 Chrome/87.0.4280.141 Mobile Safari/537.36"
        ),
        (
            f"Mozilla/5.0 (Linux; Android 12; SAMSUNG SM-S901B) {_WEBKIT} "
            "SamsungBrowser/17.0 Chrome/96.0.4664.104 Mobile Safari/537.36"
        ),
        f"{_K} SamsungBrowser/21.0 Chrome/110.0.5481.154 Mobile Safari/537.36",
        f"{_X11} SamsungBrowser/24.0 Chrome/117.0.0.0 Safari/537.36",
        f"{_K} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
        f"{_K} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    ],
    "Android's WebView in an application": [
        (
            "Mozilla/5.0 (Linux; Android 11; Pixel 4 Build/RQ3A.210805.001.A1; wv) "
            f"{_WEBKIT} Version/4.0 Chrome/92.0.4515.131 Mobile Safari/537.36"
        ),
        (
            "Mozilla/5.0 (Linux; Android 13; Pixel 7 Build/TQ3A.230805.001; wv) "
            f"{_WEBKIT} Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 Instagram 297.0.0.33.109"
        ),
        (
            f"Mozilla/5.0 (Linux; Android 10; K; wv) {_WEBKIT} "
            "Version/4.0 Chrome/138.0.0.0 Mobile Safari/537.36"
        ),
    ],
    "WebKit's view in an application": [
        f"Mozilla/5.0 (iPhone; CPU iPhone OS 15_4 like Mac OS X) {_APPLE} Mobile/15E148",
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 16_1 like Mac OS X) {_APPLE} Mobile/15E148 "
            "[FBAN/FBIOS;FBDV/iPhone14,2;FBMD/iPhone;FBSN/iOS;FBSV/16.1;FBSS/3;FBLC/de_DE;FBOP/5]"
        ),
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_APPLE}",
    ],
    "Opera": [
        f"{_WINDOWS} Chrome/91.0.4472.124 Safari/537.36 OPR/77.0.4054.277",
        f"{_WINDOWS} Chrome/124.0.0.0 Safari/537.36 OPR/110.0.0.0",
    ],
    "DuckDuckGo on iOS": [
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 15_0 like Mac OS X) {_APPLE} "
            "Version/15.0 Mobile/15E148 DuckDuckGo/7 Safari/605.1.15"
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) {_APPLE} "
            "Version/17.4 Mobile/15E148 Safari/604.1 Ddg/17.4"
        ),
    ],
    "A client that is no browser": ["curl/7.88.1", "curl/8.5.0"],
}
"""By browser, the oldest first; what is no newer version is another mode of the same browser."""

EVERYONE: Final = [agent for sequence in SEQUENCES.values() for agent in sequence]

ABSURD: Final = [
    "",
    " ",
    "-",
    "Mozilla/5.0",
    "Mozilla/5.0 (",
    "Mozilla/5.0 )(",
    "(((((((((((((",
    "/" * 5000,
    "A" * 100_000,
    "A/" * 50_000,
    "Chrome/" + "9" * 5000,
    "Chrome/-1",
    "Chrome/",
    "Chrome/١٢٣",
    "\x00\xff\x80",
    "Ünïcödé/1.0 (Wíndöws)",
    "' OR 1=1 --",
    "() { :; }; echo vulnerable",
    "${jndi:ldap://x/a}",
    "\ud800",
    "Chrome/1 Chrome/2 Edg/3 Firefox/4 OPR/5 SamsungBrowser/6",
]
