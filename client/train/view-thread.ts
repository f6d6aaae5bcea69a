import {
  viewsOf,
  type ViewMaker,
  type ViewOrder,
  type Views,
} from '../../shared/train/view-order.ts';

/** What goes to the thread and comes back; `id` tells whose answer it is. */
export type ToViews = { id: number; order: ViewOrder };
export type FromViews = { id: number; views: Views };

/** A thread that is started: a browser's worker, or Node's. */
export type Thread = { post(message: ToViews, transfer: ArrayBuffer[]): void; close(): void };

/** Starts one; it calls back. */
export type OpenThread = (on: {
  message(message: FromViews): void;
  error(error: Error): void;
}) => Thread;

type Waiting = { resolve(views: Views): void; reject(error: Error): void };

/** Makes views in a thread of its own: no buffer is copied, each is moved there and back. */
export class ViewThread {
  readonly #open: OpenThread;
  #thread: Thread | undefined;
  #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor(open: OpenThread) {
    this.#open = open;
  }

  /** @throws when the thread breaks; the next order starts another */
  readonly make: ViewMaker = (order) => {
    this.#thread ??= this.#start();
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#thread?.post({ id, order }, [order.images.buffer as ArrayBuffer]);
    });
  };

  /** What is under way is never answered. */
  close(): void {
    this.#thread?.close();
    this.#thread = undefined;
    this.#waiting.clear();
  }

  #start(): Thread {
    return this.#open({
      message: ({ id, views }) => {
        this.#waiting.get(id)?.resolve(views);
        this.#waiting.delete(id);
      },
      error: (error) => {
        const waiting = [...this.#waiting.values()];
        this.close();
        for (const { reject } of waiting) reject(error);
      },
    });
  }
}

/** The other end: makes what is ordered, in the order in which it comes. */
export function answer({ id, order }: ToViews): { message: FromViews; transfer: ArrayBuffer[] } {
  const views = viewsOf(order);
  const transfer = Object.values(views).map(({ buffer }) => buffer as ArrayBuffer);
  return { message: { id, views }, transfer };
}
