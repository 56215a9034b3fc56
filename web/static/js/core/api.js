// Reading the API: JSON or one clear error, never a promise that hangs.
import { t } from "./i18n.js";

export const API = "/api/v1";
const PATIENCE_MS = 15000;

/** What went wrong, in words a person can act on. `status` is 0 when no answer came at all. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export async function getJson(path, { signal } = {}) {
  const limit = AbortSignal.timeout(PATIENCE_MS);
  let response;
  try {
    response = await fetch(API + path, {
      headers: { Accept: "application/json" },
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, t(limit.aborted ? "error.slow" : "error.unreachable"));
  }
  if (!response.ok) throw new ApiError(response.status, await problem(response));
  return response.json();
}

async function problem(response) {
  try {
    const body = await response.json();
    return String(body.detail ?? body.title);
  } catch {
    return t("error.status", { status: response.status });
  }
}
