import type { Field } from "../api";
import { check } from "../fields";
import { laterTextsFor } from "../texts/later";
import type { Value, Values } from "../values";
import { useStep } from "./context";
import { type Form, useForm } from "./form";

/** As `useStep`, with the texts of the later screens. */
export function useLaterStep() {
  const step = useStep();
  return { ...step, t: laterTextsFor(step.locale) };
}

/** A form with fields of any kind. */
export function useAnyForm(fields: Field[], initial: Values, country = "US"): Form {
  const { t } = useLaterStep();
  return useForm(fields, (field: Field, value: Value) => check(field, value, country, t), initial);
}
