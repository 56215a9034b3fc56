// A component's own reading of one API path: loading, value or error, and reading again.
import { useEffect, useSignal } from "./ui.js";
import { getJson } from "./api.js";

/**
 * `{value, error, reload}` of a path; null reads nothing. The old value stands while `reload` runs, and goes at once
 * when the path changes. `refreshMs` reads again that often while the page is visible.
 */
export function useResource(path, { refreshMs = 0 } = {}) {
  const value = useSignal(null);
  const error = useSignal(null);
  const round = useSignal(0);
  useEffect(() => {
    value.value = null;
    error.value = null;
  }, [path]);
  useEffect(() => {
    if (path === null) return undefined;
    const control = new AbortController();
    getJson(path, { signal: control.signal }).then(
      (body) => {
        value.value = body;
        error.value = null;
      },
      (reason) => {
        if (!control.signal.aborted) error.value = reason;
      },
    );
    return () => control.abort();
  }, [path, round.value]);
  useEffect(() => {
    if (!refreshMs) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) round.value += 1;
    }, refreshMs);
    return () => clearInterval(timer);
  }, [refreshMs]);
  return { value: value.value, error: error.value, reload: () => (round.value += 1) };
}
