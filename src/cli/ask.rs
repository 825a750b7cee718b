//! `layoutlm ask`: answers to questions about documents.

use super::options::{ModelArgs, OutputArgs, ReadingArgs, WordArgs};
use super::page_by_page::PageByPage;
use super::{Context, ExitCode};
use crate::batch::sources::Selection;
use crate::decode::answer::AnswerOptions;
use crate::output::naming::Naming;
use crate::output::page_answers::{AnsweredQuestion, Answers};
use crate::predict::answer::Answerer;
use clap::{Args, ValueHint};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  layoutlm ask receipt.jpg 'What is the total?' --model owner/name
  layoutlm ask contract.pdf 'Who signs?' 'When does it end?' --model my-qa-model/ --top 3
  layoutlm ask scan.png 'What is the date?' -m my-qa-model/ | jq -r '.questions[0].answer'";

/// Name of the record's shape.
const SCHEMA: &str = "layoutlm-answers/1";

/// Answer questions about a document, with the words of the page
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct AskArgs {
    /// File or directory; - reads one document from standard input
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath, help_heading = "Input")]
    pub path: PathBuf,
    /// Questions; each is asked of all pages
    #[arg(value_name = "QUESTION", required = true, help_heading = "Input")]
    pub questions: Vec<String>,
    /// Answers to list for each question
    #[arg(long, value_name = "N", default_value_t = AnswerOptions::default().top)]
    #[arg(help_heading = "Output")]
    pub top: usize,
    #[command(flatten)]
    pub reading: ReadingArgs,
    #[command(flatten)]
    pub words: WordArgs,
    #[command(flatten)]
    pub model: ModelArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

pub fn run(args: AskArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let (lack, class) = ("answers no questions", "…ForQuestionAnswering");
    let (found, model) = super::model::named(&args.model, lack, class, context)?;
    let reader = args.words.reader(&args.reading, Naming::default())?;
    let mut answerer =
        Answerer::new(found.model, found.tokenizer).map_err(|e| e.at(&model.name))?;
    answerer.options.top = args.top.max(1);
    let run = PageByPage {
        reader,
        model,
        schema: SCHEMA,
        output: &args.output,
        several: args.path.is_dir(),
        context,
    };
    run.run(
        Selection::default().tasks(vec![args.path.clone()]),
        |page| answerer.answer(page, &args.questions),
        |pages| {
            let answered = args.questions.iter().enumerate().map(|(number, question)| {
                let found: Vec<_> =
                    pages.iter().map(|(page, answers)| (page, &answers[number])).collect();
                AnsweredQuestion::new(question.clone(), &found, answerer.options.top)
            });
            Answers { questions: answered.collect() }
        },
    )
}
