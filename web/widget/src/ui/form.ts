import { useEffect, useRef, useState } from "preact/hooks";
import type { Consent, Field } from "../api";
import { placeOf } from "../conversation";
import { type Check, fieldOf, type Value, type Values } from "../values";
import { useStep } from "./context";

export interface Form {
  values: Values;
  errors: Record<string, string>;
  set(key: string, value: Value): void;
  leave(key: string): void;
  /** Runs the action when everything is well filled in; otherwise leads to the first field that is not. */
  submit(event: Event, action: (values: Values) => void): void;
  ref: { current: HTMLFormElement | null };
}

export const consentKey = (key: string) => `consent:${key}`;

export function asFields(consents: Consent[]): Field[] {
  return consents.map(({ key, text, required }) => ({
    key: consentKey(key),
    kind: "checkbox",
    label: text,
    required,
  }));
}

/** A form whose values outlive a reload and whose errors stand at their fields. */
export function useForm(fields: Field[], check: Check, initial: Values): Form {
  const { conversation, state, view } = useStep();
  const place = placeOf(view);
  const [values, setValues] = useState<Values>(() => ({
    ...initial,
    ...(conversation.memory.draft(place) as Values | null),
  }));
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [faults, setFaults] = useState(0);
  const ref = useRef<HTMLFormElement>(null);

  const problem = (field: Field, value: Value | undefined) => check(field, value ?? "");
  const lead = (found: Record<string, string>) => {
    setErrors(found);
    setFaults((count) => count + 1);
  };

  useEffect(() => {
    if (!state.errors.length) return;
    const keys = fields.map((field) => field.key);
    const found = state.errors.map(({ path, message }) => {
      const key = fieldOf(path);
      const near = [key, consentKey(key)].find((k) => keys.includes(k));
      const within = keys.find(
        (k) => k.startsWith(`${key}.`) || k.startsWith(`${key.slice(0, -1)}:`),
      );
      return [near ?? within ?? keys[0], message];
    });
    lead(Object.fromEntries(found));
  }, [state.errors]);

  useEffect(() => {
    if (faults) ref.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [faults]);

  return {
    values,
    errors,
    ref,
    set(key, value) {
      const next = { ...values, [key]: value };
      setValues(next);
      conversation.memory.keepDraft(place, next);
      if (errors[key]) {
        const field = fields.find((f) => f.key === key);
        if (field && !problem(field, value)) setErrors(without(errors, key));
      }
    },
    leave(key) {
      const field = fields.find((f) => f.key === key);
      const value = values[key];
      if (!field || value === undefined || value === "") return;
      const found = problem(field, value);
      setErrors(found ? { ...errors, [key]: found } : without(errors, key));
    },
    submit(event, action) {
      event.preventDefault();
      const found: Record<string, string> = {};
      for (const field of fields) {
        const wrong = problem(field, values[field.key]);
        if (wrong) found[field.key] = wrong;
      }
      if (Object.keys(found).length) lead(found);
      else action(values);
    },
  };
}

function without(errors: Record<string, string>, key: string): Record<string, string> {
  const { [key]: _gone, ...rest } = errors;
  return rest;
}
