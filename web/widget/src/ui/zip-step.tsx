import type { Field as FieldSpec } from "../api";
import { badPostalCode, isPostalCode, type Value } from "../values";
import { useStep } from "./context";
import { bound, Field, write } from "./field";
import { useForm } from "./form";
import { CallLink, Heading, Notice, Primary } from "./parts";

/** Where is it? Outside the area the field stays, so that a typo can be mended. */
export function ZipStep() {
  const { conversation, state, view, t, scheduler } = useStep();
  const country = view.step.config?.country ?? "US";
  const field: FieldSpec = view.fields?.[0] ?? {
    key: "zip",
    kind: "postal_code",
    label: view.step.title,
    required: true,
  };
  const check = (_: FieldSpec, value: Value) => {
    const zip = String(value).trim();
    if (!zip) return t.requiredZip;
    return isPostalCode(zip, country) ? null : badPostalCode(country, t);
  };
  const form = useForm([field], check, { [field.key]: view.selections.zip ?? "" });
  const bind = { field, form, large: true };
  const refused = form.errors[field.key] ? null : view.message;
  return (
    <form
      ref={form.ref}
      noValidate
      onSubmit={(event) =>
        form.submit(event, (values) =>
          conversation.send({ type: "submit_zip", zip: String(values[field.key]).trim() }),
        )
      }
    >
      <Heading title={view.step.title} text={view.step.description} />
      <Field {...bind}>
        <input
          {...bound(bind)}
          inputmode={country === "US" ? "numeric" : "text"}
          autocomplete="postal-code"
          onInput={write(bind)}
        />
      </Field>
      {refused && (
        <Notice tone={refused.code === "out_of_area" ? "alert" : "info"}>
          <strong>{refused.code === "out_of_area" ? t.notHere : null}</strong>
          <p>{refused.text}</p>
          {scheduler.organization.phone && <CallLink number={scheduler.organization.phone} />}
        </Notice>
      )}
      {state.notice && <Notice tone="alert">{state.notice}</Notice>}
      <div class="actions">
        <Primary busy={state.busy?.type === "submit_zip"}>{t.continue}</Primary>
      </div>
    </form>
  );
}
