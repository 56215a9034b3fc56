// Light or dark: the system's choice until the reader makes one, which a cookie keeps so that no page flashes.
import { signal } from "./ui.js";

const system = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;

function resolve() {
  if (root.dataset.theme === "light" || root.dataset.theme === "dark") return root.dataset.theme;
  return system.matches ? "dark" : "light";
}

/** "light" or "dark", as shown now; canvases redraw when it changes. */
export const theme = signal(resolve());
export const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

export function toggleTheme() {
  root.dataset.theme = theme.value === "dark" ? "light" : "dark";
  document.cookie = `citypark_theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
  theme.value = resolve();
}

/** The value of a CSS custom property, so that canvases share the style sheet's colours. */
export function token(name) {
  return getComputedStyle(root).getPropertyValue(name).trim();
}

system.addEventListener("change", () => {
  theme.value = resolve();
});
