// SVG of geometries in degrees, drawn so that a metre is as long to the north as to the east.

/** A drawing of the box [west, south, east, north]: its viewBox, and `path(geometry)` for the `d` of a MultiPolygon. */
export function frame([west, south, east, north]) {
  const across = 1000 / (east - west);
  const up = across / Math.cos((((south + north) / 2) * Math.PI) / 180);
  const place = ([x, y]) => `${((x - west) * across).toFixed(1)} ${((north - y) * up).toFixed(1)}`;
  return {
    viewBox: `-20 -20 1040 ${((north - south) * up + 40).toFixed(1)}`,
    path: ({ coordinates }) =>
      coordinates
        .flat()
        .map((ring) => `M${ring.map(place).join("L")}Z`)
        .join(""),
  };
}
