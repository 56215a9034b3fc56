// Places as Mercator coordinates from 0 to 1 round the world, and what the map asks of them.

export function mercatorX(lon) {
  return (lon + 180) / 360;
}

export function mercatorY(lat) {
  const s = Math.sin((lat * Math.PI) / 180);
  return 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI);
}

export function mercator([lon, lat]) {
  return [mercatorX(lon), mercatorY(lat)];
}

export function latLng([x, y]) {
  const n = Math.PI - 2 * Math.PI * y;
  return [(180 / Math.PI) * Math.atan(Math.sinh(n)), x * 360 - 180];
}

/** Pixels of one metre on the ground at this latitude and zoom. */
export function pixelsPerMetre(lat, zoom) {
  return (256 * 2 ** zoom) / (40075016.686 * Math.cos((lat * Math.PI) / 180));
}

/** Box [west, north, east, south] of Mercator points. */
export function boxOf(points) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  return box;
}

export function isVisible(box, view) {
  return (
    box[2] * view.scale >= view.left &&
    box[0] * view.scale <= view.left + view.width &&
    box[3] * view.scale >= view.top &&
    box[1] * view.scale <= view.top + view.height
  );
}

/** Begin a path through Mercator points in the view's pixels. */
export function trace(ctx, view, points) {
  ctx.beginPath();
  for (let i = 0; i < points.length; i += 1) {
    const px = points[i][0] * view.scale - view.left;
    const py = points[i][1] * view.scale - view.top;
    if (i) ctx.lineTo(px, py);
    else ctx.moveTo(px, py);
  }
}
