import { useState } from "preact/hooks";
import type { DetailValue, Field as FieldSpec } from "../api";
import { numberOf } from "../fields";
import type { Values } from "../values";
import { AnyField } from "./any-field";
import { useAnyForm, useLaterStep } from "./later-context";
import { Heading, Primary, Said } from "./parts";
import { Uploads } from "./uploads";

/** The business's own fields. */
export function DetailsStep() {
  const { conversation, state, view, t } = useLaterStep();
  const fields = view.fields ?? [];
  const form = useAnyForm(fields, { ...(view.selections.details as Values | null) });
  const [sending, setSending] = useState(false);
  const filled =
    view.selections.files.length > 0 ||
    fields.some((field) => field.required || form.values[field.key]);
  return (
    <form
      ref={form.ref}
      noValidate
      onSubmit={(event) =>
        form.submit(
          event,
          (values) =>
            sending ||
            conversation.send({ type: "submit_details", values: detailValues(fields, values) }),
        )
      }
    >
      <Heading title={view.step.title} text={view.step.description} />
      <Said />
      <div class="fields">
        {fields.map((field) => (
          <AnyField key={field.key} field={field} form={form} />
        ))}
      </div>
      {view.upload && <Uploads onSending={setSending} />}
      <div class="actions">
        <Primary busy={sending || state.busy?.type === "submit_details"}>
          {filled ? t.continue : t.skip}
        </Primary>
      </div>
    </form>
  );
}

/** Typed as the server wants them: numbers as numbers, ticks as booleans; empty ones are left out. */
export function detailValues(fields: FieldSpec[], values: Values): Record<string, DetailValue> {
  const entries: [string, DetailValue][] = [];
  for (const { key, kind } of fields) {
    const value = values[key];
    if (kind === "checkbox") entries.push([key, value === true]);
    else if (typeof value === "string" && value.trim())
      entries.push([key, kind === "number" ? numberOf(value) : value.trim()]);
  }
  return Object.fromEntries(entries);
}
