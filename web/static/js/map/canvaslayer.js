// A Leaflet layer that is one canvas and a paint function. Panning moves it, zooming scales it, then it repaints.
import { DomUtil, Renderer } from "leaflet";

/**
 * `paint(ctx, view)` draws in CSS pixels; `view` turns Mercator coordinates (0 to 1) into them:
 * x * view.scale - view.left, y * view.scale - view.top. Options are Leaflet's, and `padding` round the viewport.
 */
export const CanvasLayer = Renderer.extend({
  initialize(paint, options) {
    Renderer.prototype.initialize.call(this, { padding: 0.25, ...options });
    this._paint = paint;
  },

  /** Repaint before the next frame, however often it is asked for. */
  repaint() {
    this._frame ||= requestAnimationFrame(() => {
      this._frame = 0;
      if (this._map && !this._map._animatingZoom) this._draw();
    });
  },

  /** Context and view of the canvas as it lies now, for those who paint parts; null while it is being zoomed. */
  current() {
    return this._map && this._view && !this._map._animatingZoom ? { ctx: this._ctx, view: this._view } : null;
  },

  _initContainer() {
    this._container = document.createElement("canvas");
    this._container.setAttribute("aria-hidden", "true");
    this._ctx = this._container.getContext("2d");
  },

  _destroyContainer() {
    cancelAnimationFrame(this._frame);
    this._frame = 0;
    this._container.remove();
    delete this._container;
    delete this._ctx;
  },

  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    Renderer.prototype._update.call(this);
    const size = this._bounds.getSize();
    const density = Math.min(window.devicePixelRatio || 1, 3);
    DomUtil.setPosition(this._container, this._bounds.min);
    this._container.width = Math.round(size.x * density);
    this._container.height = Math.round(size.y * density);
    this._container.style.width = `${size.x}px`;
    this._container.style.height = `${size.y}px`;
    this._draw();
    this.fire("update");
  },

  _draw() {
    const map = this._map;
    const size = this._bounds.getSize();
    // A map that is hidden has no size; it is drawn when it is shown again.
    if (!this._container.width || !this._container.height) return;
    const corner = map.getPixelOrigin().add(this._bounds.min);
    const density = this._container.width / size.x;
    this._view = {
      zoom: map.getZoom(),
      scale: 256 * 2 ** map.getZoom(),
      left: corner.x,
      top: corner.y,
      width: size.x,
      height: size.y,
      density,
    };
    this._ctx.setTransform(density, 0, 0, density, 0, 0);
    this._ctx.clearRect(0, 0, size.x, size.y);
    this._paint(this._ctx, this._view);
  },
});

