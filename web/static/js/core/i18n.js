// Words in the page's language. The server has chosen it already (URL, then cookie) and wrote it into <html lang>.
import en from "../words/en.js";
import zh from "../words/zh.js";

export const language = document.documentElement.lang.startsWith("en") ? "en" : "zh";
const words = language === "en" ? en : zh;

/** The text of a key, its {names} filled in; an unknown key is a mistake of ours and throws. */
export function t(key, values = {}) {
  const text = words[key];
  if (text === undefined) throw new Error(`no word for "${key}"`);
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** The text of `${prefix}.${code}`, or the code itself: the server may know values that this page does not. */
export function term(prefix, code) {
  return words[`${prefix}.${code}`] ?? code ?? "";
}

/** The name of a zone, road section or sign in the page's language. */
export function nameOf(thing) {
  if (!thing) return "";
  return (language === "en" && thing.name_en) || thing.name || "";
}
