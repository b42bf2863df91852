import { useEffect, useState } from "preact/hooks";
import type { Day, Slot } from "../api";
import { addDays, hour, today } from "../dates";
import { useLaterStep } from "./later-context";

const RANGE_DAYS = 14;

export interface Slots {
  days: Day[];
  loading: boolean;
  /** Where the next free day is, when the range shown has none. */
  nextAvailable: string | null;
  /** The last day asked for; "more" goes on from here. */
  until: string;
  more(from?: string): Promise<Day | null>;
  reload(): Promise<void>;
}

/** The free times, a range at a time, as the visitor asks for more. */
export function useSlots(timeZone: string): Slots {
  const { conversation, view } = useLaterStep();
  const [days, setDays] = useState<Day[]>([]);
  const [loading, setLoading] = useState(true);
  const [nextAvailable, setNextAvailable] = useState<string | null>(null);
  const [until, setUntil] = useState("");

  const load = async (from: string, known: Day[]) => {
    const to = addDays(from, RANGE_DAYS - 1);
    setLoading(true);
    if (view.allowed.includes("view_timeslots"))
      await conversation.send({ type: "view_timeslots", from, to });
    const answer = await conversation.timeslots(from, to);
    setLoading(false);
    if (!answer) return null;
    const fresh = answer.days.filter((day) => known.every((k) => k.date !== day.date));
    setDays([...known, ...fresh].sort((a, b) => a.date.localeCompare(b.date)));
    setNextAvailable(answer.next_available ?? null);
    setUntil(to);
    return fresh.find((day) => day.slots.length) ?? null;
  };

  useEffect(() => {
    load(today(timeZone), []);
  }, []);

  return {
    days,
    loading,
    nextAvailable,
    until,
    more: (from) => load(from ?? addDays(until, 1), days),
    reload: async () => {
      await load(days[0]?.date ?? today(timeZone), []);
    },
  };
}

export type PartOfDay = "morning" | "afternoon" | "evening";

/** Many times of one day are easier to find by the part of the day. */
export function byPartOfDay(slots: Slot[], timeZone: string): [PartOfDay, Slot[]][] {
  const parts: Record<PartOfDay, Slot[]> = { morning: [], afternoon: [], evening: [] };
  for (const slot of slots) {
    const at = hour(slot.start, timeZone);
    parts[at < 12 ? "morning" : at < 17 ? "afternoon" : "evening"].push(slot);
  }
  return (Object.entries(parts) as [PartOfDay, Slot[]][]).filter(([, some]) => some.length);
}
