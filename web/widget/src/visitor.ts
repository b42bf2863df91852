import type { Attribution, Device, SessionRequest } from "./api";

const UTM = ["source", "medium", "campaign", "term", "content"];
const CLICK_IDS = ["gclid", "gbraid", "wbraid", "fbclid", "msclkid"];
const LONGEST_URL = 2048;
const LONGEST_VALUE = 256;

/** What opening a session tells the server about where the visitor came from. */
export function sessionRequest(locale: string | null, link: string | null): SessionRequest {
  const attribution = readAttribution(location.search, document.cookie);
  return {
    page_url: location.href.slice(0, LONGEST_URL),
    ...(document.referrer && { referrer: document.referrer.slice(0, LONGEST_URL) }),
    ...(locale && { locale }),
    ...(link && { express_link: link }),
    ...(attribution && { attribution }),
    device: readDevice(navigator.userAgent, navigator.maxTouchPoints),
  };
}

export function readAttribution(search: string, cookie: string): Attribution | null {
  const query = new URLSearchParams(search);
  const pick = (names: string[], prefix: string) => {
    const found = names
      .map((name) => [name, query.get(prefix + name)?.slice(0, LONGEST_VALUE)] as const)
      .filter((pair): pair is readonly [string, string] => !!pair[1]);
    return found.length ? Object.fromEntries(found) : null;
  };
  const utm = pick(UTM, "utm_");
  const clickIds = pick(CLICK_IDS, "");
  const analytics = /(?:^|;\s*)_ga=GA\d\.\d\.(\d+\.\d+)/.exec(cookie)?.[1];
  if (!utm && !clickIds && !analytics) return null;
  return {
    ...(utm && { utm }),
    ...(clickIds && { click_ids: clickIds }),
    ...(analytics && { ga_client_id: analytics }),
  };
}

/** What stands in a user agent, and the name where that is another; the first one found counts. */
const SYSTEMS = "iPhone=iOS iPad=iOS Android Windows CrOS=ChromeOS Mac=macOS Linux";
const BROWSERS =
  "Edg=Edge OPR=Opera SamsungBrowser=Samsung FxiOS=Firefox Firefox CriOS=Chrome Chrome Safari";

export function readDevice(agent: string, touchPoints: number): Device {
  const name = (table: string) => {
    const pairs = table.split(" ").map((pair) => pair.split("="));
    return pairs.find(([token]) => token && agent.includes(token))?.at(-1);
  };
  const tablet =
    /ipad|tablet/i.test(agent) ||
    (/android/i.test(agent) && !/mobile/i.test(agent)) ||
    (/macintosh/i.test(agent) && touchPoints > 1);
  const os = tablet && /macintosh/i.test(agent) ? "iOS" : name(SYSTEMS);
  const browser = name(BROWSERS);
  return {
    kind: tablet ? "tablet" : /mobi|iphone|android/i.test(agent) ? "mobile" : "desktop",
    ...(os && { os }),
    ...(browser && { browser }),
  };
}
