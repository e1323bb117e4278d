//! A pattern of the specification as Rust: what a regular expression engine would do a byte at a time, written out. It
//! allocates nothing, and is short enough to stay in the processor's caches, which an engine is not.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use regex_automata::Anchored;
use regex_automata::dfa::Automaton;
use regex_automata::dfa::dense::{Builder, Config};
use regex_automata::util::{start, syntax};

/// A pattern that needs more goes to an engine.
const MAXIMUM_STATES: usize = 64;

/// An expression that says whether this pattern (of JavaScript, as OpenAPI wants it) admits `text`, a `&str`.
pub(crate) fn admits(pattern: &str) -> TokenStream {
    written_out(pattern).unwrap_or_else(|| {
        quote! {{
            static PATTERN: ::std::sync::LazyLock<::regress::Regex> =
                ::std::sync::LazyLock::new(|| ::regress::Regex::new(#pattern).unwrap());
            PATTERN.find(text).is_some()
        }}
    })
}

/// None for a pattern that could mean something else in JavaScript, or that does not decide by the whole text.
fn written_out(pattern: &str) -> Option<TokenStream> {
    if !means_the_same(pattern) {
        return None;
    }
    let by_byte = syntax::Config::new().unicode(false).utf8(false);
    let automaton = Builder::new().configure(Config::new().minimize(true)).syntax(by_byte).build(pattern).ok()?;
    let begin = automaton.start_state(&start::Config::new().anchored(Anchored::Yes)).ok()?;
    // What is found further on in a text is found by an engine.
    let later = automaton.start_state(&start::Config::new().look_behind(Some(b'a'))).ok()?;
    if !automaton.is_dead_state(later) {
        return None;
    }

    let every: Vec<u8> = (0..=u8::MAX).collect();
    let (mut states, mut steps, mut ends) = (vec![begin], Vec::new(), Vec::new());
    let mut index = 0;
    while let Some(&state) = states.get(index).filter(|_| index < MAXIMUM_STATES) {
        let from = Literal::usize_unsuffixed(index);
        let next = |byte: &u8| automaton.next_state(state, *byte);
        for run in every.chunk_by(|left, right| next(left) == next(right)) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            let target = next(first);
            if automaton.is_dead_state(target) {
                continue;
            }
            if automaton.is_match_state(target) {
                return None;
            }
            let known = states.iter().position(|state| *state == target);
            let to = Literal::usize_unsuffixed(known.unwrap_or(states.len()));
            if known.is_none() {
                states.push(target);
            }
            let is_one = first == last;
            let (first, last) = (Literal::byte_character(*first), Literal::byte_character(*last));
            let bytes = if is_one { quote!(#first) } else { quote!(#first..=#last) };
            steps.push(quote!((#from, #bytes) => #to));
        }
        if automaton.is_match_state(automaton.next_eoi_state(state)) {
            ends.push(from);
        }
        index += 1;
    }
    if index < states.len() || ends.is_empty() {
        return None;
    }
    Some(quote! {
        text.bytes()
            .try_fold(0, |state, byte| Some(match (state, byte) {
                #(#steps,)*
                _ => return None,
            }))
            .is_some_and(|state| matches!(state, #(#ends)|*))
    })
}

/// Whether JavaScript and Rust read a pattern alike: letters, digits and some signs, groups, alternatives, repetitions,
/// classes that name what they hold.
fn means_the_same(pattern: &str) -> bool {
    let mut characters = pattern.chars();
    let mut is_class = false;
    while let Some(character) = characters.next() {
        let is_common = match character {
            '\\' => characters.next().is_some_and(|escaped| escaped.is_ascii_punctuation() && !"<>".contains(escaped)),
            '[' if is_class => false,
            '[' | ']' => {
                is_class = character == '[';
                true
            }
            _ => character.is_ascii_alphanumeric() || " ^$|?*+(){},:/_-".contains(character),
        };
        if !is_common {
            return false;
        }
    }
    !["(?", "[^", "[]", "--", "{,"].iter().any(|odd| pattern.contains(odd))
}
