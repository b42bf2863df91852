import type { SessionKey } from "./client";

/** What became of sending a file. */
export type Sent =
  | { id: string }
  /** The server does not take it, and says why. */
  | { refused: string | null }
  /** No answer came: the same again may succeed. */
  | "unreachable";

/** Sends one file, and says from time to time how far it is, from 0 to 1. */
export function sendFile(
  base: string,
  session: SessionKey,
  file: File,
  onProgress: (part: number) => void,
  make: () => XMLHttpRequest = () => new XMLHttpRequest(),
): Promise<Sent> {
  return new Promise((resolve) => {
    const request = make();
    request.open("POST", `${base}/public/v1/sessions/${session.id}/files`);
    request.setRequestHeader("authorization", `Bearer ${session.token}`);
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    request.onload = () => {
      const { status, response } = request;
      if (status === 201 && response?.id) resolve({ id: response.id });
      else if (status >= 500 || status < 400) resolve("unreachable");
      else resolve({ refused: response?.errors?.[0]?.message ?? response?.detail ?? null });
    };
    request.onerror = request.onabort = request.ontimeout = () => resolve("unreachable");
    const form = new FormData();
    form.append("file", file);
    request.send(form);
  });
}

export type FileFault = "kind" | "size" | "count";

interface Limits {
  max_files: number;
  max_bytes: number;
  mime_types: string[];
}

/** Why a file need not be sent at all; null when it may be taken. */
export function faultOf(file: File, there: number, limits: Limits): FileFault | null {
  const { max_files, max_bytes, mime_types } = limits;
  const fits = (type: string) =>
    type.endsWith("/*") ? file.type.startsWith(type.slice(0, -1)) : file.type === type;
  if (file.type && !mime_types.some(fits)) return "kind";
  if (file.size > max_bytes) return "size";
  return there >= max_files ? "count" : null;
}
