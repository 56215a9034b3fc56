"""The HTML that every page starts from: language, theme, styles, import map. Its module draws the rest."""

import base64
import json
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from string import Template
from typing import Literal

from web.assets import Assets

Language = Literal["zh", "en"]
Theme = Literal["auto", "light", "dark"]

STYLES = (
    "vendor/leaflet/leaflet.css",
    "css/tokens.css",
    "css/base.css",
)
# Bare names that modules import, and the files they mean.
MODULES = {
    "preact": "vendor/preact/preact.js",
    "preact/hooks": "vendor/preact/hooks.js",
    "@preact/signals": "vendor/signals/signals.js",
    "@preact/signals-core": "vendor/signals/signals-core.js",
    "htm": "vendor/htm/htm.js",
    "leaflet": "vendor/leaflet/leaflet.js",
}
_WORDS = {
    "zh": {
        "html_lang": "zh-CN",
        "loading": "正在打开…",
        "noscript": "本页需要 JavaScript。请在浏览器中允许脚本后重新打开；数据也可以从 /api/v1 直接读取。",
    },
    "en": {
        "html_lang": "en",
        "loading": "Opening…",
        "noscript": "This page needs JavaScript. Allow scripts in the browser and reload; "
        "the data can also be read directly at /api/v1.",
    },
}
_SHELL = Template("""<!doctype html>
<html lang="$html_lang" data-theme="$theme">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<title>$title</title>
<link rel="icon" type="image/svg+xml" href="$base/icon.svg">
<link rel="preload" href="$base/vendor/inter/inter-latin.woff2" as="font" type="font/woff2" crossorigin>
$styles
<script type="importmap">$import_map</script>
$preloads
<script type="module" src="$base/$entry"></script>
</head>
<body>
<div id="app"><p class="boot">$loading</p></div>
<noscript><p class="boot">$noscript</p></noscript>
</body>
</html>
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: the module that draws it, the style sheets of its own, and its title by language."""

    entry: str
    styles: tuple[str, ...]
    title: dict[Language, str]


class Shell:
    """Renders pages for one set of assets, and the policy under which browsers may run them."""

    def __init__(self, assets: Assets) -> None:
        self._assets = assets
        self.base = f"/static/{assets.version}"
        self.import_map = json.dumps(
            {"imports": {name: f"{self.base}/{path}" for name, path in MODULES.items()}}
        )

    @property
    def policy(self) -> str:
        """Content-Security-Policy: our own files, and the one inline script that is the import map."""
        digest = base64.b64encode(sha256(self.import_map.encode()).digest()).decode()
        return "; ".join(
            (
                "default-src 'none'",
                f"script-src 'self' 'sha256-{digest}'",
                "style-src 'self'",
                "img-src 'self' data:",
                "font-src 'self'",
                "connect-src 'self'",
                "base-uri 'none'",
                "form-action 'self'",
                "frame-ancestors 'none'",
            )
        )

    def render(self, page: Page, language: Language, theme: Theme) -> str:
        """Return the HTML of a page."""
        styles = (f'<link rel="stylesheet" href="{self.base}/{path}">' for path in (*STYLES, *page.styles))
        preloads = (
            f'<link rel="modulepreload" href="{self.base}/{path}">'
            for path in self._assets.modules_from(page.entry)
        )
        return _SHELL.substitute(
            {name: escape(text) for name, text in _WORDS[language].items()},
            theme=theme,
            title=escape(page.title[language]),
            base=self.base,
            entry=page.entry,
            styles="\n".join(styles),
            preloads="\n".join(preloads),
            import_map=self.import_map,
        )
