// Reading a list of the API page by page; what was read stays while more comes.
import { useEffect, useSignal } from "../core/ui.js";
import { getJson } from "../core/api.js";

export const PAGE = 100;

/** `{rows, error, isReading, hasMore, more, reload}` of a list; `key` names the array in the answer. */
export function usePages(path, key) {
  const rows = useSignal(null);
  const cursor = useSignal(null);
  const error = useSignal(null);
  const isReading = useSignal(false);
  const round = useSignal(0);

  async function read(after, control) {
    isReading.value = true;
    try {
      const query = new URLSearchParams({ limit: PAGE, ...(after && { cursor: after }) });
      const body = await getJson(`${path}${path.includes("?") ? "&" : "?"}${query}`, { signal: control?.signal });
      rows.value = after ? [...rows.value, ...body[key]] : body[key];
      cursor.value = body.next_cursor;
      error.value = null;
    } catch (reason) {
      if (control?.signal.aborted) return;
      error.value = reason;
    }
    isReading.value = false;
  }

  useEffect(() => {
    const control = new AbortController();
    rows.value = null;
    read(null, control);
    return () => control.abort();
  }, [path, round.value]);

  return {
    rows: rows.value,
    error: error.value,
    isReading: isReading.value,
    hasMore: cursor.value !== null && rows.value !== null,
    more: () => read(cursor.value),
    reload: () => (round.value += 1),
  };
}
