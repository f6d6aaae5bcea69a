import type { Dictionary } from './language.ts';

/** The admin page's section on who may use a project. */
export const words = {
  settings: { en: 'Settings', ko: '설정' },
  needsKey: {
    en: 'Only admins see this: sign in above.',
    ko: '관리자만 볼 수 있습니다. 위에서 로그인하세요.',
  },
  answers: { en: 'Who may ask the model', ko: '모델에 물어볼 수 있는 사람' },
  open: { en: 'Anyone', ko: '누구나' },
  openHint: {
    en: 'The playground and every app can ask without a key.',
    ko: '놀이터와 모든 앱이 키 없이 물어볼 수 있습니다.',
  },
  keysOnly: { en: 'Only who has a key', ko: '키가 있는 사람만' },
  keysOnlyHint: {
    en: 'Apps need a key with the verb “classify”; so does the playground.',
    ko: '앱도 놀이터도 “classify” 권한이 있는 키가 필요합니다.',
  },
  origins: {
    en: 'Websites that may call from a browser',
    ko: '브라우저에서 호출할 수 있는 사이트',
  },
  originsHint: {
    en: 'One a line, like https://example.org; a * for all. Programs outside a browser need none of this.',
    ko: '한 줄에 하나씩, https://example.org처럼 적으세요. *는 모두를 뜻합니다. 브라우저가 아닌 프로그램과는 상관없습니다.',
  },
  keepVersions: { en: 'Versions to keep', ko: '보관할 버전 수' },
  keepVersionsHint: {
    en: 'Weights of older versions are let go, except those that were ever live.',
    ko: '더 오래된 버전의 가중치는 지웁니다. 한 번이라도 적용했던 버전은 남깁니다.',
  },
  save: { en: 'Save', ko: '저장' },
  saved: {
    en: 'Saved. It holds everywhere within 3 seconds.',
    ko: '저장했습니다. 3초 안에 모든 곳에 적용됩니다.',
  },

  keys: { en: 'Keys', ko: '키' },
  keysHint: {
    en: 'Apps ask with a key, admins change things with one. A key is shown once, when it is made; here it is known by its beginning.',
    ko: '앱은 키로 물어보고, 관리자는 키로 바꿉니다. 키는 만들 때 한 번만 보여 주며, 여기서는 앞부분으로 구별합니다.',
  },
  noKeys: { en: 'No key was made yet.', ko: '아직 만든 키가 없습니다.' },
  name: { en: 'For whom or what', ko: '쓰는 사람이나 앱' },
  role: { en: 'Role', ko: '역할' },
  app: { en: 'App', ko: '앱' },
  appHint: { en: 'asks the model', ko: '모델에 물어봅니다' },
  admin: { en: 'Admin', ko: '관리자' },
  adminHint: { en: 'also changes things', ko: '바꾸기도 합니다' },
  reach: { en: 'Opens', ko: '쓸 수 있는 곳' },
  thisProject: { en: 'this project', ko: '이 프로젝트' },
  allProjects: { en: 'all projects', ko: '모든 프로젝트' },
  verbs: { en: 'May', ko: '할 수 있는 일' },
  allVerbs: { en: 'everything of its role', ko: '역할의 모든 일' },
  expires: { en: 'Expires', ko: '만료' },
  never: { en: 'never', ko: '없음' },
  days: { en: 'in {n} {n|day|days}', ko: '{n}일 뒤' },
  quota: { en: 'Requests a day', ko: '하루 요청 수' },
  quotaHint: { en: 'Left empty: no limit.', ko: '비워 두면 제한이 없습니다.' },
  quotaOf: { en: '{n} a day', ko: '하루 {n}건' },
  expired: { en: 'expired', ko: '만료됨' },
  revoked: { en: 'revoked', ko: '취소됨' },
  newKey: { en: 'New key', ko: '새 키' },
  create: { en: 'Make the key', ko: '키 만들기' },
  created: { en: 'The key for “{name}”.', ko: '“{name}”의 키입니다.' },
  revoke: { en: 'Revoke', ko: '취소하기' },
  revokeTitle: { en: 'Revoke the key of “{name}”?', ko: '“{name}”의 키를 취소할까요?' },
  revokeText: {
    en: 'Within 3 seconds it opens nothing anywhere, and it cannot be brought back.',
    ko: '3초 안에 어디에서도 쓸 수 없게 되며, 되살릴 수 없습니다.',
  },
  showEnded: { en: 'Show expired and revoked keys too', ko: '만료되거나 취소된 키도 보기' },
} satisfies Dictionary;

/** What a key may be allowed to do: see VERBS. */
export const verbs = {
  classify: { en: 'classify images', ko: '이미지 분류' },
  embed: { en: 'read embeddings', ko: '임베딩 읽기' },
  classes: { en: 'change classes', ko: '클래스 바꾸기' },
  models: { en: 'change versions', ko: '버전 바꾸기' },
  training: { en: 'start and stop training', ko: '학습 시작과 정지' },
  projects: { en: 'make projects, change settings', ko: '프로젝트 만들기와 설정 바꾸기' },
  keys: { en: 'make and revoke keys', ko: '키 만들기와 취소' },
  audit: { en: 'read the log', ko: '기록 보기' },
  metrics: { en: 'read metrics', ko: '지표 읽기' },
} satisfies Dictionary;
