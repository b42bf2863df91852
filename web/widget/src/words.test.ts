import { describe, expect, it } from "vitest";
import { googleCalendarUrl, icsFile } from "./calendar";
import { addDays, day, duration, hour, today, zoneName } from "./dates";
import { direction, phone } from "./format";
import { money, price } from "./money";
import { reference } from "./reference";
import { englishLater } from "./texts/later";

const usd = { currency: "USD" };
const say = (value: Parameters<typeof price>[0], locale = "en-US") =>
  price(value, locale, englishLater);

describe("prices", () => {
  it("are said as they are meant", () => {
    expect(say({ kind: "fixed", amount_minor: 14900, ...usd })).toBe("$149");
    expect(say({ kind: "fixed", amount_minor: 14950, ...usd })).toBe("$149.50");
    expect(say({ kind: "from", amount_minor: 8900, ...usd })).toBe("from $89");
    expect(say({ kind: "range", amount_minor: 8900, max_amount_minor: 14900, ...usd })).toMatch(
      /^\$89\s?–\s?\$149$/,
    );
    expect(say({ kind: "free", ...usd })).toBe("Free");
  });

  it("know currencies without cents", () => {
    expect(money({ amount_minor: 1500, currency: "JPY" }, "en-US")).toBe("¥1,500");
  });
});

describe("dates and times", () => {
  it("stay on the day of the schedule's time zone", () => {
    const late = new Date("2026-11-23T02:00:00Z");
    expect(today("America/New_York", late)).toBe("2026-11-22");
    expect(today("Europe/Berlin", late)).toBe("2026-11-23");
    expect(day("2026-11-24", "en-US")).toBe("Tue, Nov 24");
    expect(addDays("2026-12-30", 3)).toBe("2027-01-02");
    expect(hour("2026-11-24T13:00:00Z", "America/New_York")).toBe(8);
  });

  it("are in words", () => {
    expect(duration(45, "en-US")).toBe("45 min");
    expect(duration(90, "en-US")).toBe("1 hr 30 min");
    expect(duration(120, "en-US")).toBe("2 hr");
    expect(zoneName("America/New_York", "en-US")).toBe("Eastern Time");
  });
});

describe("references, phones and scripts", () => {
  it("are easy to read", () => {
    expect(reference("WB7K2M9Q")).toBe("WB7K 2M9Q");
    expect(reference("AB12-CD34")).toBe("AB12-CD34");
    expect(phone("+14045550134")).toBe("(404)\u00a0555-0134");
    expect(phone("+493012345")).toBe("+493012345");
    expect(direction("ar-EG")).toBe("rtl");
    expect(direction("en-US")).toBe("ltr");
  });
});

describe("the calendar entry", () => {
  const appointment = {
    id: "b1",
    title: "AC repair – Acme, Inc; Atlanta",
    start: "2026-11-24T13:00:00Z",
    end: "2026-11-24T15:00:00Z",
    location: "12 Oak Street, Atlanta",
    description: `Reference: WB7K\n${"long ".repeat(30)}`,
  };

  it("is valid iCalendar: escaped, folded, in UTC", () => {
    const file = icsFile(appointment, new Date("2026-11-22T00:00:00Z"));
    expect(file).toContain("DTSTART:20261124T130000Z\r\n");
    expect(file).toContain("Acme\\, Inc\\; Atlanta");
    expect(file).toContain("\\n");
    for (const line of file.split("\r\n"))
      expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(75);
  });

  it("opens in Google's calendar", () => {
    const url = new URL(googleCalendarUrl(appointment));
    expect(url.searchParams.get("dates")).toBe("20261124T130000Z/20261124T150000Z");
  });
});
