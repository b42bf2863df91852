import type { Money, Price } from "./api";
import type { LaterTexts } from "./texts/later";

/** Money without needless zeros: "$89", "$89.50". */
export function money({ amount_minor, currency }: Money, locale: string): string {
  return moneyFormat(currency, locale).format(major(amount_minor, currency, locale));
}

export function price(value: Price, locale: string, t: LaterTexts): string {
  const least = value.amount_minor ?? 0;
  const text = money({ amount_minor: least, currency: value.currency }, locale);
  switch (value.kind) {
    case "fixed":
      return text;
    case "from":
      return t.from(text);
    case "range":
      return moneyFormat(value.currency, locale).formatRange(
        major(least, value.currency, locale),
        major(value.max_amount_minor ?? least, value.currency, locale),
      );
    case "quote":
      return t.quote;
    case "free":
      return t.free;
  }
}

function moneyFormat(currency: string, locale: string): Intl.NumberFormat {
  return new Intl.NumberFormat(locale, {
    style: "currency",
    currency,
    trailingZeroDisplay: "stripIfInteger",
  } as Intl.NumberFormatOptions);
}

function major(minor: number, currency: string, locale: string): number {
  const { maximumFractionDigits } = new Intl.NumberFormat(locale, {
    style: "currency",
    currency,
  }).resolvedOptions();
  return minor / 10 ** (maximumFractionDigits ?? 2);
}
