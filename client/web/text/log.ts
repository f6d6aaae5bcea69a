import type { Dictionary } from './language.ts';

/** The admin page's section on what admins did. */
export const words = {
  log: { en: 'What admins did', ko: '관리자가 한 일' },
  hint: {
    en: 'Newest first: everything that was changed, and what was tried and refused.',
    ko: '새것부터 보여 줍니다. 바꾼 것과, 시도했지만 거절된 것을 모두 적습니다.',
  },
  needsKey: {
    en: 'Only admins see this: sign in above.',
    ko: '관리자만 볼 수 있습니다. 위에서 로그인하세요.',
  },
  empty: { en: 'Nothing yet.', ko: '아직 없습니다.' },
  everywhere: { en: 'All projects', ko: '모든 프로젝트' },
  root: { en: 'the edge’s own token', ko: '서버의 토큰' },
  setup: { en: 'the first start', ko: '첫 시작' },
  refused: { en: 'refused ({status})', ko: '거절됨 ({status})' },
  older: { en: 'Older entries', ko: '이전 기록' },
} satisfies Dictionary;

/** What an admin does, by the route's name. */
export const acts = {
  createProject: { en: 'made a project', ko: '프로젝트 만들기' },
  startTraining: { en: 'started rounds', ko: '라운드 시작' },
  stopTraining: { en: 'stopped the training', ko: '학습 정지' },
  makeLive: { en: 'made a version live', ko: '버전 적용' },
  importVersion: { en: 'imported a version', ko: '버전 가져오기' },
  putCanary: { en: 'began a canary', ko: '카나리 시작' },
  endCanary: { en: 'ended a canary', ko: '카나리 종료' },
  addClass: { en: 'added a class', ko: '클래스 추가' },
  addClasses: { en: 'added classes', ko: '여러 클래스 추가' },
  renameClass: { en: 'renamed a class', ko: '클래스 이름 변경' },
  removeClass: { en: 'removed a class', ko: '클래스 삭제' },
  mergeClasses: { en: 'merged classes', ko: '클래스 합치기' },
  addExamples: { en: 'added examples', ko: '예시 추가' },
  removeExample: { en: 'removed an example', ko: '예시 삭제' },
  undo: { en: 'took a change back', ko: '변경 되돌리기' },
  changeSettings: { en: 'changed settings', ko: '설정 변경' },
  createKey: { en: 'made a key', ko: '키 만들기' },
  revokeKey: { en: 'revoked a key', ko: '키 취소' },
  createFirstKey: { en: 'took the first key', ko: '첫 키 받기' },
} satisfies Dictionary;
