//! Any bytes as a flow file: refused with a sentence, or built, checked, compared, drawn and written
//! as a file that is read again the same.

use model::{
    ObjectId,
    flow::{
        FlowDiff,
        check::check,
        draw,
        file::{FlowFile, Positions, text_of},
    },
};

pub(crate) fn run(bytes: &[u8]) {
    let text = match text_of(bytes) {
        Ok(text) => text,
        Err(error) => return assert!(!error.message.is_empty()),
    };
    let file = match FlowFile::parse(text) {
        Ok(file) => file,
        Err(error) => return assert!(!error.message.is_empty()),
    };
    let built = file.build(&mut ObjectId::of);
    let report = check(&built.bundle).with(built.findings).located(&Positions::of(text));
    assert!(report.findings.iter().all(|it| it.line.is_some()));
    let _ = draw(&built.bundle).to_mermaid();
    let written = FlowFile::of(&built.bundle).file;
    let yaml = written.to_yaml();
    let again = FlowFile::parse(&yaml).map(|it| it.build(&mut ObjectId::of).bundle);
    match again {
        Ok(again) => {
            assert_eq!(FlowFile::of(&again).file.to_yaml(), yaml);
            assert!(FlowDiff::between(&built.bundle, &again).equal, "{yaml}");
        }
        Err(error) => panic!("{error}\n{yaml}"),
    }
}
