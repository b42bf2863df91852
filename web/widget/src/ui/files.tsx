import { useEffect, useRef, useState } from "preact/hooks";
import css from "../styles/files.css?inline";
import { useStep } from "./context";
import { Drawing } from "./icons";
import { Primary } from "./parts";
import { type Pending, pictures, useFiles } from "./use-files";

export const styles = css;

export interface FilesProps {
  /** Says whether files are on their way: until then nobody should go on. */
  onSending?: (sending: boolean) => void;
  /** Of a question: the visitor has added what they want. */
  onDone?: () => void;
}

const ICONS = {
  add: "M12 5v14M5 12h14",
  again: "M19 8a8 8 0 1 0 1 6M19.500 3.500V8H15",
  camera:
    "M4 8h3.500L9 5.500h6L16.500 8H20v11H4zM12 10a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7z",
  file: "M6 3.500h8l4 4v13H6zM14 3.500v4h4",
  remove: "M6 6l12 12M18 6L6 18",
};

type Work = ReturnType<typeof useFiles>;

/** Photos and documents that the visitor adds where they are. */
export function Files({ onSending, onDone }: FilesProps) {
  const { state, view, t } = useStep();
  const work = useFiles();
  const { words, limits, megabytes, here, pending, told } = work;
  const [missing, setMissing] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const sending = pending.some((it) => !it.fault);
  useEffect(() => onSending?.(sending), [sending]);
  const required = !!view.question?.required;
  const done = () => {
    if (sending) return;
    if (required && !here.length) setMissing(true);
    else onDone?.();
  };
  const toPicker = () => picker.current?.focus();
  return (
    <div class="files">
      {here.length + pending.length > 0 && <List work={work} onGone={toPicker} />}
      <div class="pickers">
        {matchMedia("(pointer: coarse)").matches && <Picker work={work} capture />}
        <Picker work={work} input={picker} />
      </div>
      <p class="small" id="files-limits">
        {words.upTo(limits.max_files, megabytes)}
      </p>
      <span class="unseen" role="status">
        {told}
      </span>
      {missing && !here.length && (
        <p class="error" role="alert">
          {words.photoNeeded}
        </p>
      )}
      {onDone && (
        <div class="actions">
          <Primary busy={sending || state.busy?.type === "answer_question"} onClick={done}>
            {sending
              ? words.waitForFiles
              : required || here.length
                ? t.continue
                : words.goOnWithout}
          </Primary>
        </div>
      )}
    </div>
  );
}

interface PickerProps {
  work: Work;
  capture?: boolean;
  input?: { current: HTMLInputElement | null };
}

function Picker({ work, capture = false, input }: PickerProps) {
  const { words, limits, here, add } = work;
  const full = here.length >= limits.max_files;
  const onlyPhotos = limits.mime_types.every((type) => type.startsWith("image/"));
  return (
    <label class={`secondary pick${full ? " off" : ""}`}>
      <Drawing path={capture ? ICONS.camera : ICONS.add} />
      <span>{capture ? words.takePhoto : onlyPhotos ? words.addPhotos : words.addFiles}</span>
      <input
        {...(input && { ref: input })}
        type="file"
        disabled={full}
        accept={capture ? "image/*" : limits.mime_types.join(",")}
        multiple={!capture && limits.max_files > 1}
        {...(capture && { capture: "environment" })}
        aria-describedby="files-limits"
        onChange={(event) => add(event.currentTarget)}
      />
    </label>
  );
}

function List({ work, onGone }: { work: Work; onGone(): void }) {
  const { words, here, pending, remove } = work;
  return (
    <ul class="file-list">
      {here.map((file) => (
        <li key={file.id} class="file">
          <Thumb file={pictures.get(file.id)} />
          <span class="file-name">{file.filename}</span>
          <IconButton
            icon="remove"
            label={words.removeFile(file.filename)}
            onClick={() => remove(file.id, file.filename).then(onGone)}
          />
        </li>
      ))}
      {pending.map((it) => (
        <NotYet key={it.key} it={it} work={work} onGone={onGone} />
      ))}
    </ul>
  );
}

function NotYet({ it, work, onGone }: { it: Pending; work: Work; onGone(): void }) {
  const { words, again, drop } = work;
  const { name } = it.file;
  return (
    <li class={it.fault ? "file faulty" : "file"}>
      <Thumb file={it.file} />
      <span class="file-name">
        {name}
        {it.fault ? (
          <small class="error" role="alert">
            {it.fault.text}
          </small>
        ) : (
          <progress aria-label={words.sendingFile(name)} {...(it.part > 0 && { value: it.part })} />
        )}
      </span>
      {it.fault?.again && (
        <IconButton icon="again" label={words.resendFile(name)} onClick={() => again(it)} />
      )}
      {it.fault && (
        <IconButton
          icon="remove"
          label={words.removeFile(name)}
          onClick={() => {
            drop(it.key);
            onGone();
          }}
        />
      )}
    </li>
  );
}

interface IconButtonProps {
  icon: "remove" | "again";
  label: string;
  onClick(): void;
}

function IconButton({ icon, label, onClick }: IconButtonProps) {
  return (
    <button type="button" class="file-button" aria-label={label} onClick={onClick}>
      <Drawing path={ICONS[icon]} />
    </button>
  );
}

const SIDE = 96;

/** What a picture looks like, small: drawn, because a page may forbid images that have no address. */
function Thumb({ file }: { file: File | undefined }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drawn, setDrawn] = useState(false);
  useEffect(() => {
    if (!file?.type.startsWith("image/")) return;
    createImageBitmap(file)
      .then((picture) => {
        const scale = SIDE / Math.min(picture.width, picture.height);
        const [width, height] = [picture.width * scale, picture.height * scale];
        const pen = canvas.current?.getContext("2d");
        pen?.drawImage(picture, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
        picture.close();
        setDrawn(!!pen);
      })
      // What this browser cannot draw has a sign in its place.
      .catch(() => {});
  }, [file]);
  return (
    <span class="thumb" aria-hidden="true">
      <canvas ref={canvas} width={SIDE} height={SIDE} hidden={!drawn} />
      {!drawn && <Drawing path={ICONS.file} />}
    </span>
  );
}
