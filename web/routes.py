"""Routes of the pages: `/` and the files below `/static/`. `app/` includes the router beside the API's."""

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse

from web.assets import Asset, load_assets
from web.shell import Language, Page, Shell, Theme

LANGUAGE_COOKIE = "citypark_lang"
THEME_COOKIE = "citypark_theme"
_YEAR_S = 365 * 24 * 3600

_DRIVER = Page(
    entry="js/driver/main.js",
    styles=("css/parts.css", "css/map.css", "css/feeds.css", "css/driver.css"),
    title={"zh": "城泊 · 找车位", "en": "Citypark · Find parking"},
)
PAGES: dict[str, Page] = {
    "/": Page(
        entry="js/live/main.js",
        styles=("css/live.css", "css/parts.css", "css/map.css", "css/feeds.css", "css/signs.css"),
        title={"zh": "城泊 · 实时总览", "en": "Citypark · Live"},
    ),
    "/ops": Page(
        entry="js/ops/main.js",
        styles=(
            "css/live.css",
            "css/parts.css",
            "css/map.css",
            "css/feeds.css",
            "css/signs.css",
            "css/ops.css",
        ),
        title={"zh": "城泊 · 运营台", "en": "Citypark · Operations"},
    ),
    "/p": _DRIVER,
    "/p/b/{berth_id}": _DRIVER,
}


def pages_router(*, default_language: Language = "zh") -> APIRouter:
    """Routes of every page; the files are read now, so a change on disk shows after a restart."""
    assets = load_assets()
    shell = Shell(assets)
    router = APIRouter(include_in_schema=False)

    def show(request: Request) -> Response:
        page = PAGES[request.scope["route"].path]
        language = _language(request, default_language)
        response = HTMLResponse(shell.render(page, language, _theme(request)))
        response.headers.update(_page_headers(shell))
        if "lang" in request.query_params:
            response.set_cookie(LANGUAGE_COOKIE, language, max_age=_YEAR_S, samesite="lax")
        return response

    def send(version: str, path: str, request: Request) -> Response:
        asset = assets.files.get(path)
        if asset is None:
            raise HTTPException(404, f"no file {path}")
        return _send(asset, request, is_current=version == assets.version)

    for path in PAGES:
        router.add_api_route(path, show, methods=["GET", "HEAD"])
    router.add_api_route("/static/{version}/{path:path}", send, methods=["GET", "HEAD"])
    return router


def _page_headers(shell: Shell) -> dict[str, str]:
    return {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": shell.policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
        "Referrer-Policy": "same-origin",
        "Vary": "Cookie",
        "X-Content-Type-Options": "nosniff",
    }


def _send(asset: Asset, request: Request, *, is_current: bool) -> Response:
    # A page opened before an upgrade still asks for its old version: it gets today's file, not to be kept.
    headers = {
        "Cache-Control": f"public, max-age={_YEAR_S}, immutable" if is_current else "no-cache",
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
    }
    if asset.compressed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(asset.compressed, media_type=asset.media_type, headers=headers)
    return Response(asset.body, media_type=asset.media_type, headers=headers)


def _language(request: Request, default: Language) -> Language:
    for chosen in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if chosen in {"zh", "en"}:
            return "en" if chosen == "en" else "zh"
    return default


def _theme(request: Request) -> Theme:
    chosen = request.cookies.get(THEME_COOKIE)
    if chosen == "dark":
        return "dark"
    return "light" if chosen == "light" else "auto"
