import create, { type Client, type ClientOptions } from "openapi-fetch";
import type { paths } from "./schema";

export type { components, operations, paths } from "./schema";

type Options = Omit<ClientOptions, "baseUrl" | "headers"> & { token?: string };

/** Calls the API at the address; a token goes along with every request. */
export function createClient(baseUrl: string, { token, ...options }: Options = {}): Client<paths> {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  return create<paths>({ ...options, baseUrl, headers });
}
