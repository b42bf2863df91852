import { describe, expect, it } from "vitest";
import type { Field, FieldKind } from "./api";
import { check } from "./fields";
import { laterTextsFor } from "./texts/later";
import { customerEntry } from "./ui/customer-step";
import { detailValues } from "./ui/details-step";
import { fieldOf } from "./values";
import { readAttribution, readDevice } from "./visitor";

const t = laterTextsFor("en-US");
const field = (kind: FieldKind, more: Partial<Field> = {}): Field => ({
  key: "x",
  kind,
  label: "X",
  required: true,
  ...more,
});

describe("check", () => {
  it("accepts what is well written", () => {
    expect(check(field("email"), " dana@example.com ", "US", t)).toBeNull();
    expect(check(field("tel"), "(404) 555-0134", "US", t)).toBeNull();
    expect(check(field("postal_code"), "30305-1234", "US", t)).toBeNull();
    expect(check(field("number", { rules: { min: 0 } }), "0", "US", t)).toBeNull();
    expect(check(field("text", { required: false }), "", "US", t)).toBeNull();
  });

  it("says what to do about the rest", () => {
    expect(check(field("email"), "dana@", "US", t)).toBe(t.badEmail);
    expect(check(field("tel"), "12", "US", t)).toBe(t.badPhone);
    expect(check(field("postal_code"), "3030", "US", t)).toBe(t.badPostalCode);
    expect(check(field("number", { rules: { max: 60, unit: "years" } }), "99", "US", t)).toBe(
      "Enter 60 years or less.",
    );
    expect(check(field("checkbox"), false, "US", t)).toBe(t.mustAgree);
    expect(check(field("text", { key: "first_name" }), "", "US", t)).toBe("Enter your first name.");
  });

  it("leaves a pattern that the browser cannot read to the server", () => {
    expect(check(field("text", { rules: { pattern: "(?P<n>a)" } }), "zzz", "US", t)).toBeNull();
  });
});

describe("what is sent", () => {
  it("has numbers as numbers, ticks as booleans and no empty values", () => {
    const fields = [
      field("number", { key: "floors" }),
      field("checkbox", { key: "pets" }),
      field("text", { key: "gate" }),
    ];
    expect(detailValues(fields, { floors: "2", gate: " " })).toEqual({ floors: 2, pets: false });
  });

  it("has the address nested and only when it was asked for", () => {
    const email = field("email", { key: "email" });
    const street = field("text", { key: "address.street" });
    const values = { email: "a@b.co", "address.street": "1 Oak", phone: "never asked" };
    expect(customerEntry([email], values, "US")).toEqual({ email: "a@b.co" });
    expect(customerEntry([email, street], values, "US")).toEqual({
      email: "a@b.co",
      address: { street: "1 Oak", country: "US" },
    });
  });

  it("maps the server's paths back to fields", () => {
    expect(fieldOf("values.notes")).toBe("notes");
    expect(fieldOf("address.street")).toBe("address.street");
  });
});

describe("where the visitor comes from", () => {
  it("holds only what is there", () => {
    expect(readAttribution("", "")).toBeNull();
    expect(
      readAttribution("?utm_source=google&utm_medium=&gclid=abc&x=1", "a=1; _ga=GA1.1.12.34"),
    ).toEqual({
      utm: { source: "google" },
      click_ids: { gclid: "abc" },
      ga_client_id: "12.34",
    });
  });

  it("tells phones from desktops", () => {
    const iphone =
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1";
    const edge = "Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/130.0 Safari/537.36 Edg/130.0";
    expect(readDevice(iphone, 5)).toEqual({ kind: "mobile", os: "iOS", browser: "Safari" });
    expect(readDevice(edge, 0)).toEqual({ kind: "desktop", os: "Windows", browser: "Edge" });
    expect(readDevice("Mozilla/5.0 (Macintosh; Intel Mac OS X) Safari/1", 5).kind).toBe("tablet");
  });
});
