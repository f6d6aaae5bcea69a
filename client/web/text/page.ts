import type { Dictionary } from './language.ts';

/** What every page says. */
export const page = {
  contribute: { en: 'Contribute', ko: '참여하기' },
  playground: { en: 'Playground', ko: '놀이터' },
  admin: { en: 'Admin', ko: '관리' },
  docs: { en: 'API', ko: 'API' },
  skip: { en: 'Skip to content', ko: '본문으로 건너뛰기' },
  navigation: { en: 'Pages', ko: '페이지' },
  language: { en: 'Language', ko: '언어' },
  project: { en: 'Project', ko: '프로젝트' },
  loading: { en: 'Loading…', ko: '불러오는 중…' },
  again: { en: 'Try again', ko: '다시 시도' },
  noProject: { en: 'No project yet', ko: '아직 프로젝트가 없습니다' },
  noProjectHint: {
    en: 'An admin can create one on the admin page.',
    ko: '관리자가 관리 페이지에서 프로젝트를 만들 수 있습니다.',
  },
  unreachable: { en: 'The server does not answer', ko: '서버가 응답하지 않습니다' },
  unreachableHint: {
    en: 'Check your connection, then try again.',
    ko: '인터넷 연결을 확인한 뒤 다시 시도하세요.',
  },
  failed: { en: 'That did not work', ko: '제대로 되지 않았습니다' },
  problem: { en: 'Problem {code}', ko: '문제 {code}' },
  cancel: { en: 'Cancel', ko: '취소' },
  close: { en: 'Close', ko: '닫기' },
  lossCurve: {
    en: 'Loss over training steps. The latest value is {value}.',
    ko: '학습 단계에 따른 손실. 가장 최근 값은 {value}입니다.',
  },
  leftOut: { en: '{n} {n|file was|files were} left out', ko: '파일 {n}개는 제외했습니다' },
  more: { en: '+{n} more', ko: '외 {n}개' },
  copy: { en: 'Copy', ko: '복사' },
  copied: { en: 'Copied', ko: '복사했습니다' },
  copyYourself: {
    en: 'Selected: copy it with your keyboard or menu.',
    ko: '선택했습니다. 키보드나 메뉴로 복사하세요.',
  },
  token: { en: 'Admin key', ko: '관리자 키' },
  tokenHint: {
    en: 'Changing what the model knows is for admins. Keys are made on the admin page; yours is kept until you close this tab.',
    ko: '모델이 아는 것을 바꾸려면 관리자 키가 필요합니다. 키는 관리 페이지에서 만들며, 이 탭을 닫을 때까지만 보관합니다.',
  },
  seenImage: { en: 'Image {n} as the network sees it', ko: '신경망이 보는 이미지 {n}' },
} satisfies Dictionary;

/** Why a file is left out: see `SkipReason`. */
export const skipped = {
  'not-an-image': { en: 'not an image', ko: '이미지가 아닙니다' },
  'zip-damaged': { en: 'a damaged archive', ko: '손상된 압축 파일입니다' },
  'zip-too-large': { en: 'too large inside an archive', ko: '압축 파일의 내용이 너무 큽니다' },
  'not-decodable': { en: 'this browser cannot read it', ko: '이 브라우저가 읽을 수 없습니다' },
  'too-many-pixels': { en: 'more than 16 megapixels', ko: '1,600만 화소를 넘습니다' },
  'too-many-images': { en: 'more images than fit into memory', ko: '메모리에 다 담을 수 없습니다' },
} satisfies Dictionary;

/** Where training stands: see `TrainingState`. */
export const phases = {
  preparing: { en: 'Making the first version', ko: '첫 버전을 만드는 중' },
  idle: { en: 'Resting between trainings', ko: '학습 대기 중' },
  gathering: { en: 'Gathering volunteers', ko: '참여자를 모으는 중' },
  training: { en: 'Volunteers are learning', ko: '참여자들이 학습하는 중' },
  aggregating: { en: 'Combining what was learnt', ko: '배운 것을 합치는 중' },
  finetuning: { en: 'The server is practising', ko: '서버가 다듬는 중' },
} satisfies Dictionary;
