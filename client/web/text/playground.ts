import type { Dictionary } from './language.ts';

export const words = {
  headline: { en: 'Try the model', ko: '모델을 써 보세요' },
  lead: {
    en: 'Draw something or choose a picture, and see what the crowd’s model makes of it.',
    ko: '그림을 그리거나 사진을 고르면, 함께 가르친 모델이 무엇으로 보는지 알려 드립니다.',
  },
  draw: { en: 'Draw here', ko: '여기에 그리세요' },
  clear: { en: 'Clear', ko: '지우기' },
  choose: { en: 'Choose an image', ko: '이미지 고르기' },
  dropHint: {
    en: 'You can also drop an image here. Only the small image that the network sees is sent to be answered.',
    ko: '이미지를 여기에 놓아도 됩니다. 답을 얻기 위해 작게 바꾼 이미지만 보냅니다.',
  },
  answer: { en: 'Answer', ko: '답' },
  answerEmpty: {
    en: 'The answer appears here as you draw.',
    ko: '그리는 동안 여기에 답이 나타납니다.',
  },
  answerIs: { en: 'This looks like “{label}”', ko: '“{label}”(으)로 보입니다' },
  unknown: { en: 'Unknown', ko: '모르는 것' },
  unknownHint: {
    en: 'This is unlike every class the model knows. You can teach it below.',
    ko: '모델이 아는 어떤 클래스와도 다릅니다. 아래에서 가르칠 수 있습니다.',
  },
  unknownNearest: {
    en: 'The most similar, “{name}”, is {share} alike; that is too little to be sure.',
    ko: '가장 비슷한 “{name}”도 {share}만 닮아서, 그렇다고 하기에는 모자랍니다.',
  },
  because: { en: 'Because it looks like these', ko: '이 예시들과 닮았기 때문입니다' },
  becauseOf: { en: '“{name}”, example {n}', ko: '“{name}” 예시 {n}' },
  alike: { en: '{share} alike', ko: '{share} 닮음' },
  key: { en: 'Key', ko: '키' },
  keyHint: {
    en: 'This project answers only who has a key: ask an admin for one. It is kept until you close this tab.',
    ko: '이 프로젝트는 키가 있는 사람에게만 답합니다. 관리자에게 키를 받으세요. 이 탭을 닫을 때까지만 보관합니다.',
  },
  askAgain: { en: 'Ask again', ko: '다시 묻기' },
  request: { en: 'Ask this from your own program', ko: '내 프로그램에서 똑같이 묻기' },
  requestHint: {
    en: 'The very request that was just answered, image and all. “pixels” is what the network sees, a byte each, in base64; a PNG, JPEG or WebP file works as well.',
    ko: '방금 답한 요청을 이미지까지 그대로 옮긴 것입니다. “pixels”는 신경망이 보는 픽셀을 한 바이트씩 base64로 적은 것이며, PNG, JPEG, WebP 파일을 보내도 됩니다.',
  },
  nearest: { en: 'The nearest classes', ko: '가장 가까운 클래스' },
  by: {
    en: 'Version {version}, classes revision {revision}',
    ko: '버전 {version}, 클래스 리비전 {revision}',
  },
  seen: { en: 'What the network sees', ko: '신경망이 보는 모습' },
  teach: { en: 'Teach it something new', ko: '새로운 것을 가르치기' },
  teachLead: {
    en: 'Draw three examples of something the model has never seen, and give it a name. The next request knows it; nothing is trained again.',
    ko: '모델이 본 적 없는 것을 세 번 그리고 이름을 붙이세요. 다시 학습하지 않아도 바로 다음 요청부터 알아봅니다.',
  },
  example: { en: 'Example {n}', ko: '예시 {n}' },
  name: { en: 'Name', ko: '이름' },
  examplesFiles: { en: 'Add image files', ko: '이미지 파일 추가' },
  examplesCount: { en: '{n} {n|example|examples}', ko: '예시 {n}개' },
  add: { en: 'Teach', ko: '가르치기' },
  adding: { en: 'Teaching…', ko: '가르치는 중…' },
  needExamples: {
    en: 'Draw or add at least one example.',
    ko: '예시를 하나 이상 그리거나 추가하세요.',
  },
  needName: { en: 'Give it a name.', ko: '이름을 붙이세요.' },
  added: {
    en: '“{name}” is known now (version {version}, revision {revision}). Try it: draw one above.',
    ko: '이제 “{name}”을(를) 압니다 (버전 {version}, 리비전 {revision}). 위에 그려서 확인해 보세요.',
  },
  doubtful: {
    en: 'Example {n} looks more like “{name}” than like the others. Was it a slip? The admin page can remove it.',
    ko: '예시 {n}은(는) 다른 예시보다 “{name}”에 더 가깝습니다. 실수라면 관리 페이지에서 삭제할 수 있습니다.',
  },
} satisfies Dictionary;
