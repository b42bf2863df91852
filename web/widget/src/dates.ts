/** "45 min", "2 hr", "1 hr 30 min". */
export function duration(minutes: number, locale: string): string {
  const unit = (value: number, name: string) =>
    new Intl.NumberFormat(locale, { style: "unit", unit: name, unitDisplay: "short" }).format(
      value,
    );
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return [hours && unit(hours, "hour"), (rest || !hours) && unit(rest, "minute")]
    .filter(Boolean)
    .join(" ");
}

/** A calendar day `YYYY-MM-DD` as a moment that formats to the same day in UTC. */
function noon(date: string): Date {
  return new Date(`${date}T12:00:00Z`);
}

export function dayParts(
  date: string,
  locale: string,
): Record<"weekday" | "day" | "month", string> {
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" }).format(noon(date));
  return {
    weekday: part({ weekday: "short" }),
    day: part({ day: "numeric" }),
    month: part({ month: "short" }),
  };
}

/** "Tue, Nov 24", or with long names "Tuesday, November 24". */
export function day(date: string, locale: string, length: "short" | "long" = "short"): string {
  return new Intl.DateTimeFormat(locale, {
    weekday: length,
    day: "numeric",
    month: length,
    timeZone: "UTC",
  }).format(noon(date));
}

/** Today, or some days from it, as `YYYY-MM-DD` on the wall calendar of a time zone. */
export function today(timeZone: string, now = new Date()): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }).format(now);
}

export function addDays(date: string, days: number): string {
  const moment = noon(date);
  moment.setUTCDate(moment.getUTCDate() + days);
  return moment.toISOString().slice(0, 10);
}

export function clock(moment: string, timeZone: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { timeStyle: "short", timeZone }).format(new Date(moment));
}

/** The hour of the day on the wall clock of a time zone. */
export function hour(moment: string, timeZone: string): number {
  const text = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", timeZone });
  return Number(text.format(new Date(moment)));
}

/** "Eastern Time" for America/New_York. */
export function zoneName(timeZone: string, locale: string): string {
  const parts = new Intl.DateTimeFormat(locale, {
    timeZone,
    timeZoneName: "longGeneric",
  }).formatToParts(new Date());
  return parts.find((part) => part.type === "timeZoneName")?.value ?? timeZone;
}
