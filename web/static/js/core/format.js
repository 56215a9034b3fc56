// Numbers, money, times and durations as people read them. Instants are shown in the city's time zone.
import { signal } from "./ui.js";
import { language, t } from "./i18n.js";

const locale = language === "en" ? "en-GB" : "zh-CN";
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const yuan = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

export const NONE = "—";
export const timezone = signal("Asia/Shanghai");

const formats = new Map();
function timeFormat(name, options) {
  const key = `${name} ${timezone.value}`;
  if (!formats.has(key)) {
    formats.set(key, new Intl.DateTimeFormat(locale, { timeZone: timezone.value, hourCycle: "h23", ...options }));
  }
  return formats.get(key);
}

export function count(number) {
  return number == null ? NONE : whole.format(number);
}

/** Fen as yuan; two decimals, because bills have them. */
export function money(fen) {
  return fen == null ? NONE : `¥${yuan.format(fen / 100)}`;
}

export function percent(share) {
  return share == null || Number.isNaN(share) ? NONE : `${tenths.format(share * 100)}%`;
}

export function clockTime(instant) {
  return timeFormat("time", { hour: "2-digit", minute: "2-digit" }).format(new Date(instant));
}

export function clockSeconds(instant) {
  return timeFormat("seconds", { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(new Date(instant));
}

export function day(instant) {
  return timeFormat("day", { month: "short", day: "numeric", weekday: "short" }).format(new Date(instant));
}

export function dayTime(instant) {
  return timeFormat("daytime", { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" })
    .format(new Date(instant));
}

/** Time of day, with the date in front unless it is the day of `now`. */
export function when(instant, now) {
  return day(instant) === day(now) ? clockTime(instant) : dayTime(instant);
}

/** A duration in whole minutes, as a bill states it. */
export function duration(milliseconds) {
  const minutes = Math.max(0, Math.floor(milliseconds / 60000));
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  if (days) return t("duration.days", { days, hours });
  if (hours && minutes % 60 === 0) return t("duration.exact", { hours });
  if (hours) return t("duration.hours", { hours, minutes: minutes % 60 });
  return t("duration.minutes", { minutes });
}

/** How old something is, rounded down to the unit that matters. */
export function age(seconds) {
  const passed = Math.max(0, seconds);
  if (passed < 60) return t("age.seconds", { n: Math.floor(passed) });
  if (passed < 3600) return t("age.minutes", { n: Math.floor(passed / 60) });
  if (passed < 172800) return t("age.hours", { n: Math.floor(passed / 3600) });
  return t("age.days", { n: Math.floor(passed / 86400) });
}
