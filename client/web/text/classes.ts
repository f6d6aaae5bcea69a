import type { Dictionary } from './language.ts';

/** The admin page's section on classes. */
export const words = {
  classes: { en: 'Classes', ko: '클래스' },
  all: { en: 'All classes', ko: '모든 클래스' },
  base: { en: 'In the model from the start', ko: '처음부터 모델에 있는 클래스' },
  novel: { en: 'Added later', ko: '나중에 추가한 클래스' },
  noNovel: {
    en: 'None yet. A class is added from a few examples, and nothing is trained again.',
    ko: '아직 없습니다. 예시 몇 개만 있으면 다시 학습하지 않고 클래스를 추가할 수 있습니다.',
  },
  find: { en: 'Find a class', ko: '클래스 찾기' },
  noneFound: { en: 'No class is called that.', ko: '그런 이름의 클래스가 없습니다.' },
  addedIn: { en: 'since revision {n}', ko: '리비전 {n}부터' },
  addClass: { en: 'Add a class', ko: '클래스 추가' },
  added: { en: '“{name}” is known now.', ko: '이제 “{name}”을(를) 압니다.' },
  isBase: {
    en: 'This class belongs to the model: it can be looked at, not changed.',
    ko: '모델에 속한 클래스라서 볼 수만 있고 바꿀 수는 없습니다.',
  },
  gone: { en: 'There is no class “{name}” any more.', ko: '“{name}” 클래스는 이제 없습니다.' },

  examples: { en: 'Examples', ko: '예시' },
  examplesNeedKey: {
    en: 'Examples are shown to admins: sign in above.',
    ko: '예시는 관리자에게만 보입니다. 위에서 로그인하세요.',
  },
  example: { en: 'Example {n}', ko: '예시 {n}' },
  looksLike: { en: 'looks like “{name}”', ko: '“{name}”처럼 보임' },
  removeExample: { en: 'Remove example {n}', ko: '예시 {n} 삭제' },
  onlyExample: {
    en: 'This is its only example: add another before you remove it, or remove the class.',
    ko: '하나뿐인 예시입니다. 삭제하려면 먼저 다른 예시를 추가하거나 클래스를 삭제하세요.',
  },
  showMore: { en: 'Show {n} more', ko: '{n}개 더 보기' },
  addExamples: { en: 'Add examples', ko: '예시 추가' },
  addingExamples: { en: 'Adding…', ko: '추가하는 중…' },
  examplesAdded: {
    en: '{n} {n|example was|examples were} added to “{name}”.',
    ko: '“{name}”에 예시 {n}개를 추가했습니다.',
  },
  exampleRemoved: {
    en: 'Example {n} of “{name}” was removed.',
    ko: '“{name}”의 예시 {n}을(를) 삭제했습니다.',
  },

  check: { en: 'How its examples hold up', ko: '예시 점검' },
  checkHint: {
    en: 'Each example was set aside in turn, and compared with the rest of its class and with all other classes.',
    ko: '예시를 하나씩 빼고, 남은 예시와 다른 모든 클래스에 견주어 보았습니다.',
  },
  accuracy: { en: 'Recognised by the others', ko: '나머지로 알아본 예시' },
  oneExample: {
    en: 'There is one example only: with two or more it can be checked.',
    ko: '예시가 하나뿐입니다. 두 개부터 점검할 수 있습니다.',
  },
  confusable: { en: 'Most like', ko: '가장 비슷한 클래스' },
  allGood: { en: 'No example looks out of place.', ko: '어긋나 보이는 예시가 없습니다.' },
  doubtful: {
    en: '{n} {n|example looks|examples look} out of place',
    ko: '어긋나 보이는 예시 {n}개',
  },
  doubtfulHint: {
    en: 'Each is closer to another class than to the rest of its own. If it was a slip, remove it; if it is right, add more like it.',
    ko: '같은 클래스보다 다른 클래스에 더 가깝습니다. 실수로 들어간 것이면 삭제하고, 맞는 예시라면 비슷한 것을 더 추가하세요.',
  },
  fartherBy: {
    en: 'closer to “{name}” by {margin}',
    ko: '“{name}”에 {margin}만큼 더 가까움',
  },

  change: { en: 'Change the class', ko: '클래스 바꾸기' },
  rename: { en: 'Rename', ko: '이름 바꾸기' },
  newName: { en: 'New name', ko: '새 이름' },
  renamed: {
    en: '“{from}” is called “{name}” now.',
    ko: '“{from}”의 이름을 “{name}”(으)로 바꿨습니다.',
  },
  merge: { en: 'Merge', ko: '합치기' },
  mergeFrom: { en: 'Take over all examples of', ko: '예시를 모두 가져올 클래스' },
  mergeChoose: { en: 'Choose a class', ko: '클래스 고르기' },
  mergeTitle: { en: 'Merge “{from}” into “{name}”?', ko: '“{from}”을(를) “{name}”에 합칠까요?' },
  mergeText: {
    en: 'Its examples become examples of “{name}”, and “{from}” is no answer any more. It can be undone.',
    ko: '예시가 모두 “{name}”의 예시가 되고, 더는 “{from}”(이)라고 답하지 않습니다. 되돌릴 수 있습니다.',
  },
  merged: { en: '“{from}” is part of “{name}” now.', ko: '“{from}”을(를) “{name}”에 합쳤습니다.' },
  remove: { en: 'Remove', ko: '삭제' },
  removeClass: { en: 'Remove the class', ko: '클래스 삭제' },
  removeTitle: { en: 'Remove the class “{name}”?', ko: '클래스 “{name}”을(를) 삭제할까요?' },
  removeText: {
    en: 'No image is answered with it any more. Nothing is trained again, and it can be undone.',
    ko: '더는 이 클래스로 답하지 않습니다. 다시 학습하지 않으며, 되돌릴 수 있습니다.',
  },
  removed: { en: '“{name}” was removed.', ko: '“{name}”을(를) 삭제했습니다.' },

  history: { en: 'History', ko: '변경 기록' },
  historyHint: {
    en: 'Every change of what requests are answered with, newest first.',
    ko: '요청에 답하는 내용이 바뀐 기록입니다. 새것부터 보여 줍니다.',
  },
  noHistory: { en: 'Nothing has changed yet.', ko: '아직 바뀐 것이 없습니다.' },
  older: { en: 'Older changes', ko: '이전 변경' },
  undo: { en: 'Undo', ko: '되돌리기' },
  undoTitle: { en: 'Take this change back?', ko: '이 변경을 되돌릴까요?' },
  undone: { en: 'Taken back: {change}', ko: '되돌림: {change}' },
} satisfies Dictionary;

/** What was done, by the act's name in the API. `subject` as `subjectOf` writes it. */
export const acts = {
  promote: { en: 'Went live: {subject}', ko: '적용: {subject}' },
  rollback: { en: 'Live again: {subject}', ko: '다시 적용: {subject}' },
  'add-class': { en: 'Class added: {subject}', ko: '클래스 추가: {subject}' },
  'remove-class': { en: 'Class removed: {subject}', ko: '클래스 삭제: {subject}' },
  'rename-class': { en: 'Renamed: {subject}', ko: '이름 변경: {subject}' },
  'merge-classes': { en: 'Merged: {subject}', ko: '합침: {subject}' },
  'add-examples': { en: 'Examples added: {subject}', ko: '예시 추가: {subject}' },
  'remove-example': { en: 'Example removed: {subject}', ko: '예시 삭제: {subject}' },
  undo: { en: 'Taken back: {subject}', ko: '되돌림: {subject}' },
} satisfies Dictionary;

/** What undoing an act does, for whoever is about to. */
export const undoings = {
  'add-class': {
    en: '{subject}: will not be an answer any more.',
    ko: '{subject}: 더는 답으로 나오지 않습니다.',
  },
  'remove-class': {
    en: '{subject}: comes back with all of its examples.',
    ko: '{subject}: 예시와 함께 되살아납니다.',
  },
  'rename-class': {
    en: '{subject}: the class gets its old name back.',
    ko: '{subject}: 원래 이름으로 돌아갑니다.',
  },
  'merge-classes': {
    en: '{subject}: both are classes of their own again.',
    ko: '{subject}: 다시 두 클래스로 나뉩니다.',
  },
  'add-examples': {
    en: '{subject}: the examples that came last go again.',
    ko: '{subject}: 마지막에 추가한 예시가 빠집니다.',
  },
  'remove-example': {
    en: '{subject}: the example that was removed comes back.',
    ko: '{subject}: 삭제한 예시가 되살아납니다.',
  },
  undo: {
    en: '{subject}: the change that was taken back is made again.',
    ko: '{subject}: 되돌렸던 변경을 다시 적용합니다.',
  },
} satisfies Dictionary;
