/**
 * A job's Signal and Query handlers: its children's reports, and `progress`.
 */
import { defineQuery, defineSignal, setHandler, workflowInfo } from '@temporalio/workflow';
import type { ChunkState, RoundChange } from '../../src/contract/children';
import { chunkLabel, QUERY_PROGRESS, SIGNAL } from '../../src/contract/names';
import { OPTIONS_DEFAULT } from '../../src/contract/options';
import type { Answer, JobProgress, Pause } from '../../src/contract/public';
import { openQuestions, routeAnswer } from '../../src/core/questions/route-answer';
import { applyCollected, applyRoundPlan, NO_ROUNDS } from '../../src/core/rounds/rounds';
import { forwardAnswer, lift, pauseFor, type Control } from '../common/control';
import { clockOf, type Job } from './job-state';
import { isChunkState, isRoundChange } from './signal-guards';
import { progressOf, publishToUi } from './view';

/** Creates the job's state and registers its Signal and Query handlers. */
export function createJob(id: string, control: Control): Job {
  const job = newJob(id, control);
  setHandler(defineQuery<JobProgress>(QUERY_PROGRESS), () => progressOf(job), {
    description: "The job's status: counts, batches, why it is paused, when the next check is due.",
  });
  setHandler(defineSignal<[unknown]>(SIGNAL.chunkChanged), async (state) => {
    if (isChunkState(state)) await chunkChanged(job, state);
  });
  setHandler(defineSignal<[unknown]>(SIGNAL.roundChanged), (change) => {
    if (isRoundChange(change)) roundChanged(job, change);
  });
  control.changed = () => {
    publishToUi(job);
  };
  control.answered = (answer) => answered(job, answer);
  publishToUi(job);
  return job;
}

function newJob(id: string, control: Control): Job {
  const job: Job = {
    id,
    control,
    pausable: {
      control,
      get retryMs() {
        return job.options.checkMaxMs;
      },
      setPause: (pause) => {
        job.pause = pause;
        publishToUi(job);
        return Promise.resolve();
      },
    },
    startedAtMs: workflowInfo().startTime.getTime(),
    options: OPTIONS_DEFAULT,
    phase: 'planning',
    ended: null,
    requests: 0,
    pause: null,
    chunks: new Map(),
    roundPauses: new Map(),
    ignoredAnswers: new Map(),
    rounds: NO_ROUNDS,
    running: 0,
    failures: [],
    report: null,
    searchable: '',
  };
  return job;
}

async function chunkChanged(job: Job, state: ChunkState): Promise<void> {
  const label = chunkLabel(state);
  const before = job.chunks.get(label);
  job.chunks.set(label, state);
  if (!before?.collected) {
    const { rounds, pause } = applyCollected(job.rounds, state, clockOf(job));
    job.rounds = rounds;
    if (pause !== null) await pauseFor(job.control, pause);
  }
  if (state.pause !== null && isOfTheWholeJob(state.pause)) {
    await pauseFor(job.control, state.pause);
  } else if (job.control.pause?.kind === 'submission' && !hasLostAnswer(job)) {
    // The question has been answered: the other chunks continue.
    await lift(job.control, 'submission');
  }
  publishToUi(job);
}

function hasLostAnswer({ chunks }: Job): boolean {
  return [...chunks.values()].some(({ pause }) => pause?.kind === 'submission');
}

/** Passes an answer on to the chunk that asked, with the number of its question. */
async function answered(job: Job, answer: Answer): Promise<void> {
  const open = openQuestions(job.chunks.values());
  const route = routeAnswer(answer, open);
  job.ignoredAnswers.clear();
  if ('refused' in route) {
    for (const { chunk, question } of open) {
      job.ignoredAnswers.set(chunk, { question, why: route.refused });
    }
    publishToUi(job);
    return;
  }
  const { chunk, question } = route.to;
  await forwardAnswer(job.control, { ...answer, chunk, question });
}

/** A wrong key or a lost answer stops the other chunks' paid calls too. */
function isOfTheWholeJob({ kind }: Pause): boolean {
  return kind === 'account' || kind === 'submission';
}

function roundChanged(job: Job, { round, pause, plan }: RoundChange): void {
  if (plan !== undefined) job.rounds = applyRoundPlan(job.rounds, plan, clockOf(job));
  if (pause) job.roundPauses.set(round, pause);
  else job.roundPauses.delete(round);
  publishToUi(job);
}
