import { useEffect, useRef } from "preact/hooks";
import type { Day } from "../api";
import { dayParts, day as dayText } from "../dates";
import { useLaterStep } from "./later-context";

interface DayStripProps {
  days: Day[];
  chosen: string | null;
  onChoose(date: string): void;
  onMore: (() => void) | null;
}

/** The days side by side; full days are shown, and say so, but cannot be chosen. */
export function DayStrip({ days, chosen, onChoose, onMore }: DayStripProps) {
  const { t, locale } = useLaterStep();
  const strip = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const list = strip.current;
    const card = list?.querySelector<HTMLElement>("[aria-checked=true]");
    if (list && card) list.scrollTo({ left: card.offsetLeft - list.clientWidth / 2 + 36 });
  }, [chosen]);

  const free = days.filter((day) => day.slots.length);
  const onKeyDown = (event: KeyboardEvent) => {
    const forward = getComputedStyle(event.currentTarget as Element).direction === "rtl" ? -1 : 1;
    const move = { ArrowRight: forward, ArrowLeft: -forward }[event.key];
    const next = move && free[free.findIndex((day) => day.date === chosen) + move];
    if (!next) return;
    event.preventDefault();
    onChoose(next.date);
    strip.current?.querySelector<HTMLElement>(`[data-date="${next.date}"]`)?.focus();
  };

  return (
    <div class="strip" ref={strip} onKeyDown={onKeyDown}>
      <div class="strip-days" role="radiogroup" aria-label={t.days}>
        {days.map(({ date, slots }) => {
          const parts = dayParts(date, locale);
          return (
            <button
              key={date}
              type="button"
              role="radio"
              class="day"
              data-date={date}
              aria-checked={date === chosen}
              aria-label={`${dayText(date, locale, "long")}${slots.length ? "" : `, ${t.noTimesOn}`}`}
              disabled={!slots.length}
              tabIndex={date === chosen ? 0 : -1}
              onClick={() => onChoose(date)}
            >
              <span class="day-name">{parts.weekday}</span>
              <span class="day-number">{parts.day}</span>
              <span class="day-name">{parts.month}</span>
            </button>
          );
        })}
      </div>
      {onMore && (
        <button type="button" class="day more" onClick={onMore}>
          {t.moreDays}
        </button>
      )}
    </div>
  );
}
