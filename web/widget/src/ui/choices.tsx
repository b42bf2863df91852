import { useRef, useState } from "preact/hooks";
import type { Answer, Question } from "../api";
import { useStep } from "./context";
import { Icon } from "./icons";
import { Spinner } from "./parts";
import { laterScreens } from "./screen";

interface Category {
  title: string | null;
  answers: Answer[];
}

export function byCategory(answers: Answer[]): Category[] {
  const groups: Category[] = [];
  for (const answer of answers) {
    const title = answer.category || null;
    const group = groups.find((g) => g.title === title);
    if (group) group.answers.push(answer);
    else groups.push({ title, answers: [answer] });
  }
  return groups;
}

export interface ChoicesProps {
  question: Question;
  chosen: string[];
  onChoose(answerIds: string[]): void;
}

/** One of several: choosing goes on by itself; arrows move, Enter and digits choose. */
export function SingleChoice({ question, chosen, onChoose }: ChoicesProps) {
  const { state } = useStep();
  const list = useRef<HTMLDivElement>(null);
  const order = byCategory(question.answers).flatMap((group) => group.answers);
  const start = Math.max(
    0,
    order.findIndex((answer) => chosen.includes(answer.id)),
  );
  const [stop, setStop] = useState(start);
  const busy =
    state.busy?.type === "answer_question" && "answer_ids" in state.busy ? state.busy : null;

  const onKeyDown = (event: KeyboardEvent) => {
    const cards = [...(list.current?.querySelectorAll<HTMLElement>("[role=radio]") ?? [])];
    const move = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!move || !cards.length) return;
    event.preventDefault();
    const next = (stop + move + cards.length) % cards.length;
    setStop(next);
    cards[next]?.focus();
  };

  return (
    <div ref={list} class="choices" data-digits onKeyDown={onKeyDown}>
      <Groups answers={question.answers} role="radiogroup" label={question.title}>
        {(answer) => {
          const at = order.indexOf(answer);
          const going = busy?.answer_ids?.includes(answer.id);
          return (
            <button
              key={answer.id}
              type="button"
              role="radio"
              class={`card ${going ? "going" : ""}`}
              aria-checked={going || (!busy && chosen.includes(answer.id))}
              tabIndex={at === stop ? 0 : -1}
              data-digit={at + 1}
              onFocus={() => setStop(at)}
              onClick={() => onChoose([answer.id])}
            >
              <Lead answer={answer} all={question.answers} at={at} />
              <CardText answer={answer} />
              {going ? <Spinner /> : <Icon name="forward" />}
            </button>
          );
        }}
      </Groups>
    </div>
  );
}

interface GroupsProps {
  answers: Answer[];
  role: "radiogroup" | "group";
  label: string;
  children: (answer: Answer, at: number) => preact.JSX.Element;
}

export function Groups({ answers, role, label, children }: GroupsProps) {
  let at = -1;
  return (
    <>
      {byCategory(answers).map((group) => (
        <div key={group.title} class="group" role={role} aria-label={group.title ?? label}>
          {group.title && <h3>{group.title}</h3>}
          {group.answers.map((answer) => {
            at += 1;
            return children(answer, at);
          })}
        </div>
      ))}
    </>
  );
}

/** What leads a card: its picture, once that is there, or the digit that chooses it. */
function Lead({ answer, all, at }: { answer: Answer; all: Answer[]; at: number }) {
  const Picture = laterScreens()?.Picture;
  if (all.some((other) => other.icon))
    return (
      <span class="lead-icon">{answer.icon && Picture && <Picture icon={answer.icon} />}</span>
    );
  return at < 9 ? (
    <kbd class="digit" aria-hidden="true">
      {at + 1}
    </kbd>
  ) : (
    <span class="digit-space" />
  );
}

export function CardText({ answer }: { answer: Answer }) {
  return (
    <span class="card-text">
      <span class="card-title">{answer.title}</span>
      {answer.description && <span class="card-description">{answer.description}</span>}
    </span>
  );
}
