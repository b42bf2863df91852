import type { ComponentChildren } from "preact";
import type { Field as FieldSpec } from "../api";
import { useWidget } from "./context";
import type { Form } from "./form";

export interface FieldProps {
  field: FieldSpec;
  form: Form;
  url?: string | null;
  /** The label is the screen's title and need not be seen again. */
  titled?: boolean;
  large?: boolean;
}

/** One labelled field: the message stands below it and says what to do. */
export function Field(props: FieldProps & { children: ComponentChildren }) {
  const { field, titled, children } = props;
  const { t } = useWidget();
  return (
    <div class={`field f-${slug(field.key)}`}>
      <label for={`f-${field.key}`} class={titled ? "unseen" : undefined}>
        {field.label}
        {!field.required && <span class="optional"> {t.optional}</span>}
      </label>
      {children}
      <ErrorText {...props} />
    </div>
  );
}

/** The attributes that tie a control to its label and its message. */
export function bound({ field, form, large }: FieldProps) {
  const id = `f-${field.key}`;
  const error = form.errors[field.key];
  const most = field.rules?.max_length;
  return {
    id,
    name: field.key,
    class: large ? "input large" : "input",
    required: field.required,
    "aria-invalid": !!error,
    "aria-describedby": error ? `${id}-error` : undefined,
    value: String(form.values[field.key] ?? ""),
    onBlur: () => form.leave(field.key),
    ...(most && { maxLength: most }),
  };
}

export function write({ field, form }: FieldProps) {
  return (event: Event) => form.set(field.key, (event.currentTarget as HTMLInputElement).value);
}

export function ErrorText({ field, form }: FieldProps) {
  const error = form.errors[field.key];
  return error ? (
    <p class="error" id={`f-${field.key}-error`}>
      {error}
    </p>
  ) : null;
}

/** "address.postal_code" → "postal-code": the name the layout knows a field by. */
function slug(key: string): string {
  return (key.split(".").pop() ?? key).replace(/[^a-z0-9]+/gi, "-");
}
