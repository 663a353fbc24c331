"""Tiles of a layer as a file; enters what a URL of tiles says, leaves a PMTiles archive that is whole or not there."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from rich.progress import Progress

from gateway import errors
from gateway.db.changes import Changes
from gateway.db.sessions import Database
from gateway.feeds import archives
from gateway.feeds.drawing import Tiles
from gateway.feeds.request import FeedParser
from gateway.feeds.tile_sets import TileSet, TileSets
from gateway.feeds.tilejson import of_set
from gateway.geo.tile_grid import DEEPEST
from gateway.identity.principal import Principal
from gateway.management.output import draft
from gateway.query.statistics import Estimates
from gateway.settings import Settings


@dataclass(frozen=True, slots=True)
class Archiving:
    """Draws tiles as `asker` sees them, of zooms that TileJSON names unless others are given."""

    settings: Settings
    parser: FeedParser
    asker: Principal
    minzoom: int | None = None
    maxzoom: int | None = None

    async def run(self, database: Database, layer: str, texts: Mapping[str, str], file: Path, bar: Progress) -> int:
        """Write the file; returns the number of tiles."""
        wanted = await TileSets(self.parser).parse(layer, urlencode(texts).encode(), self.asker, database)
        changes = Changes(self.settings.database, database.engine.url.render_as_string(hide_password=False))
        tiles = Tiles(self.parser.layers, self.settings, database, changes, Estimates())
        try:
            return await self._write(database, tiles, wanted, file, bar)
        finally:
            await changes.close()

    async def _write(self, database: Database, tiles: Tiles, wanted: TileSet, file: Path, bar: Progress) -> int:
        spread = await tiles.spread(wanted, archives.CLAIM)
        document = of_set(wanted, "", spread, self.settings.tiles)
        first = document["minzoom"] if self.minzoom is None else self.minzoom
        last = max(first, document["maxzoom"]) if self.maxzoom is None else self.maxzoom
        if not 0 <= first <= last <= DEEPEST:
            raise errors.OutOfRange(f"Zooms go from 0 to {DEEPEST}, and minzoom is none after maxzoom.")
        numbers = await archives.places(database, self.parser.layers, wanted, range(first, last + 1))
        task = bar.add_task(file.name, total=len(numbers))
        drawn = archives.draw(tiles, wanted, numbers, lambda more: bar.update(task, advance=more))
        with draft(file) as path, path.open("xb") as output:
            return await archives.write(drawn, document, output)
