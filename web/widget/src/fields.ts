import type { Field, Rules } from "./api";
import type { Texts } from "./texts/first";
import type { LaterTexts } from "./texts/later";
import { badPostalCode, isPostalCode, type Value } from "./values";

type Words = Texts & LaterTexts;

/** What is wrong with a value, in words that say what to do; null when nothing is. */
export function check(field: Field, value: Value, country: string, t: Words): string | null {
  if (field.kind === "checkbox") return field.required && value !== true ? t.mustAgree : null;
  const text = String(value).trim();
  if (!text) return field.required ? missing(field, t) : null;
  return checkKind(field, text, country, t) ?? checkRules(field.rules ?? {}, field.kind, text, t);
}

function missing(field: Field, t: Words): string {
  return field.kind === "select" ? t.mustChoose : (t.requiredBy[field.key] ?? t.required);
}

function checkKind(field: Field, text: string, country: string, t: Words): string | null {
  switch (field.kind) {
    case "email":
      return /^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/.test(text) ? null : t.badEmail;
    case "tel":
      return text.replace(/\D/g, "").length >= 7 && /^[\d\s()+./x-]+$/i.test(text)
        ? null
        : t.badPhone;
    case "postal_code":
      return isPostalCode(text, country) ? null : badPostalCode(country, t);
    case "number":
      return Number.isFinite(numberOf(text)) ? null : t.badNumber;
    default:
      return null;
  }
}

function checkRules(rules: Rules, kind: string, text: string, t: Words): string | null {
  if (kind === "number") {
    const number = numberOf(text);
    const unit = rules.unit ? ` ${rules.unit}` : "";
    if (rules.min != null && number < rules.min) return t.tooSmall(`${rules.min}${unit}`);
    if (rules.max != null && number > rules.max) return t.tooLarge(`${rules.max}${unit}`);
    return null;
  }
  if (rules.min_length && text.length < rules.min_length) return t.tooShort(rules.min_length);
  if (rules.max_length && text.length > rules.max_length) return t.tooLong(rules.max_length);
  return rules.pattern && !matches(rules.pattern, text) ? t.badFormat : null;
}

/** A pattern that this browser cannot read is left to the server. */
function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`, "u").test(text);
  } catch {
    return true;
  }
}

export function numberOf(text: string): number {
  return Number(text.replace(",", ".") || Number.NaN);
}

export interface InputManners {
  inputmode?: "numeric" | "decimal" | "email" | "tel" | "text";
  autocomplete: string;
  autocapitalize?: "off" | "words" | "sentences" | "characters";
}

const AUTOCOMPLETE: Record<string, string> = {
  zip: "postal-code",
  first_name: "given-name",
  last_name: "family-name",
  name: "name",
  email: "email",
  phone: "tel",
  "address.street": "address-line1",
  "address.unit": "address-line2",
  "address.city": "address-level2",
  "address.region": "address-level1",
  "address.postal_code": "postal-code",
};

/** The right keyboard and autofill for a field. */
export function manners(field: Field, country: string): InputManners {
  const autocomplete = AUTOCOMPLETE[field.key] ?? "off";
  switch (field.kind) {
    case "email":
      return { inputmode: "email", autocomplete, autocapitalize: "off" };
    case "tel":
      return { inputmode: "tel", autocomplete };
    case "number":
      return { inputmode: "decimal", autocomplete };
    case "postal_code":
      return country === "US"
        ? { inputmode: "numeric", autocomplete }
        : { autocomplete, autocapitalize: "characters" };
    default:
      return {
        autocomplete,
        autocapitalize: field.key.includes("name") ? "words" : "sentences",
      };
  }
}
