"""The guidance process over a city of any size, with one bare route beside its own; started by benches."""

import argparse

from fastapi import APIRouter

from app.bench.tiles import tile
from app.commands.guidance import serve
from parking.plumbing.cityfiles import load_city
from parking.plumbing.logs import set_up_logs
from parking.plumbing.settings import load_settings

BARE = "/bench/bare"


def bare_router() -> APIRouter:
    """A route that answers a constant as FastAPI does by itself."""
    router = APIRouter()

    async def answer() -> dict[str, str]:
        return {"answer": "constant"}

    router.get(BARE)(answer)
    return router


def main() -> None:
    """Serve until a signal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--berths", type=int, required=True)
    settings = load_settings()
    set_up_logs("bench", settings.log_level)
    city = tile(load_city(settings.city), parser.parse_args().berths)
    serve(settings, city, [bare_router()])


if __name__ == "__main__":
    main()
