//! How each type of the request is read from plain text (`src/plain.rs`): an `impl Read` beside it.
//!
//! What the type does not hold itself, a constraint beside `x-inferred`, is asked of the value that was read. A keyword or
//! a type that is not known here makes nothing plain: the member is left out, and a request that has it goes the full way.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use serde_json::Value;

use crate::pattern;

/// Keywords that demand nothing.
const SILENT: [&str; 4] = ["description", "title", "example", "nullable"];

/// `impl Read` for the type of this name and all that it consists of.
pub(crate) fn readers(root: &str, items: &[syn::Item], schemas: &Value) -> Vec<syn::Item> {
    let mut generator = Generator { items, schemas, waiting: Vec::new(), readers: BTreeMap::new() };
    generator.waiting.push((root.to_owned(), &schemas[root]));
    while let Some((name, schema)) = generator.waiting.pop() {
        if !generator.readers.contains_key(&name) {
            let reader = generator.reader(&name, schema);
            generator.readers.insert(name, reader);
        }
    }
    generator.readers.into_values().flatten().collect()
}

struct Generator<'specification> {
    items: &'specification [syn::Item],
    schemas: &'specification Value,
    /// Types that a reader refers to, with their schemas.
    waiting: Vec<(String, &'specification Value)>,
    readers: BTreeMap<String, Vec<syn::Item>>,
}

impl<'specification> Generator<'specification> {
    /// How a type is read, and what that needs.
    fn reader(&mut self, name: &str, schema: &'specification Value) -> Vec<syn::Item> {
        let item = self.items.iter().find(|item| name_of(item).is_some_and(|ident| ident == name));
        let body = item.and_then(|item| match item {
            syn::Item::Struct(item) if item.fields.iter().all(|field| field.ident.is_some()) => {
                self.object(item, schema)
            }
            syn::Item::Struct(item) => self.wrapper(item, schema),
            syn::Item::Enum(item) => self.choice(item, schema),
            _ => None,
        });
        let (body, name) = (body.unwrap_or_else(|| quote!(None)), format_ident!("{name}"));
        let reader = syn::parse_quote! {
            impl crate::plain::Read for #name {
                fn read(reader: &mut crate::plain::Reader<'_>) -> ::std::option::Option<Self> {
                    #body
                }
            }
        };
        if !item.is_some_and(is_around_text) {
            return vec![reader];
        }
        let admits = match pattern_of(schema) {
            Some(pattern) => pattern::admits(pattern),
            None => quote!(<Self as ::std::convert::TryFrom<&str>>::try_from(text).is_ok()),
        };
        let admits = syn::parse_quote! {
            impl #name {
                /// Whether a text can be one.
                pub(crate) fn admits(text: &str) -> bool {
                    #admits
                }
            }
        };
        vec![admits, reader]
    }

    fn object(&mut self, item: &syn::ItemStruct, schema: &'specification Value) -> Option<TokenStream> {
        let demands = demands(schema);
        let known = ["type", "properties", "additionalProperties", "required"];
        demands.keys().all(|keyword| known.contains(keyword)).then_some(())?;
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let (mut slots, mut arms, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for field in &item.fields {
            let (ident, member) = (field.ident.as_ref()?, member_name(field)?);
            if ident == "extra" {
                values.push(quote!(#ident: ::std::default::Default::default()));
                continue;
            }
            let (kind, is_required) = match argument_of(&field.ty, "Option") {
                Some(kind) => (kind, false),
                None => (&field.ty, true),
            };
            if is_required != required.contains(&member.as_str()) {
                return None;
            }
            let condition = schema["properties"].get(&member).and_then(|schema| self.condition(kind, schema));
            match condition {
                None if is_required => return None,
                None => values.push(quote!(#ident: ::std::option::Option::None)),
                Some(condition) => {
                    let slot = format_ident!("read_{ident}");
                    slots.push(quote!(let mut #slot = ::std::option::Option::None;));
                    arms.push(match condition {
                        Condition::None => quote!(#member => reader.member(&mut #slot)),
                        Condition::Holds(holds) => quote!(#member => reader.member_if(&mut #slot, #holds)),
                    });
                    values.push(if is_required {
                        quote!(#ident: #slot.flatten()?)
                    } else {
                        quote!(#ident: #slot.flatten())
                    });
                }
            }
        }
        Some(quote! {
            #(#slots)*
            reader.object(|reader, name| match name {
                #(#arms,)*
                _ => ::std::option::Option::None,
            })?;
            ::std::option::Option::Some(Self { #(#values),* })
        })
    }

    /// A type around another, which may hold a constraint of its own.
    fn wrapper(&mut self, item: &syn::ItemStruct, schema: &'specification Value) -> Option<TokenStream> {
        let kind = &item.fields.iter().next()?.ty;
        if pattern_of(schema).is_some() {
            return Some(quote! {
                let text = <#kind as crate::plain::Read>::read(reader)?;
                Self::admits(&text).then_some(Self(text))
            });
        }
        let check = match self.condition(kind, schema)? {
            Condition::None => quote!(),
            Condition::Holds(holds) => quote! {
                let holds: fn(&#kind) -> bool = #holds;
                if !holds(&value) {
                    return ::std::option::Option::None;
                }
            },
        };
        Some(quote! {
            let value = <#kind as crate::plain::Read>::read(reader)?;
            #check
            ::std::convert::TryFrom::try_from(value).ok()
        })
    }

    /// Text, or a list.
    fn choice(&mut self, item: &syn::ItemEnum, schema: &'specification Value) -> Option<TokenStream> {
        demands(schema).keys().all(|keyword| *keyword == "oneOf").then_some(())?;
        let [text, list] = schema["oneOf"].as_array()?.as_slice() else { return None };
        let mut variants =
            item.variants.iter().filter_map(|variant| Some((&variant.ident, variant.fields.iter().next()?)));
        let ((one, text_field), (many, list_field), None) = (variants.next()?, variants.next()?, variants.next())
        else {
            return None;
        };
        let is_text = text["type"] == "string" && list["type"] == "array";
        let conditions = [self.condition(&text_field.ty, text)?, self.condition(&list_field.ty, list)?];
        let [Condition::None, Condition::None] = conditions else { return None };
        is_text.then(|| {
            quote! {
                ::std::option::Option::Some(if reader.first()? == b'[' {
                    Self::#many(crate::plain::Read::read(reader)?)
                } else {
                    Self::#one(crate::plain::Read::read(reader)?)
                })
            }
        })
    }

    /// What is left to ask of a value of this type; none where it cannot be read.
    fn condition(&mut self, kind: &syn::Type, schema: &'specification Value) -> Option<Condition> {
        let schema = self.resolve(schema)?;
        if let Some(name) = self.generated(kind) {
            // It has a reader of its own.
            self.waiting.push((name, schema));
            return Some(Condition::None);
        }
        let is_inferred = schema.get("x-inferred").is_some();
        let demands = demands(schema);
        let demands: Vec<(&str, &Value)> = demands.into_iter().collect();
        let holds = match (name_of_kind(kind).as_str(), demands.as_slice()) {
            ("::serde_json::Value", []) => return Some(Condition::None),
            ("::std::string::String" | "i64" | "bool", [("type", _)]) => return Some(Condition::None),
            ("::std::string::String", [("pattern", pattern), ("type", _)]) if is_inferred => {
                let admits = pattern::admits(pattern.as_str()?);
                quote!(|text| #admits)
            }
            // The type holds it.
            ("::std::string::String", [("pattern", _), ("type", _)]) => return Some(Condition::None),
            ("i64", [("format", format), ("type", _)]) if *format == "int64" => return Some(Condition::None),
            ("i64", [("format", format), ("minimum", minimum), ("type", _)]) if is_inferred && *format == "int64" => {
                let minimum = minimum.as_i64()?;
                quote!(|value| *value >= #minimum)
            }
            (_, [("items", items), ("type", _)]) => {
                return match self.condition(argument_of(kind, "Vec")?, items)? {
                    Condition::None => Some(Condition::None),
                    Condition::Holds(_) => None,
                };
            }
            (map, [("additionalProperties", values), ("type", _)]) if map.starts_with("::serde_json::Map<") => {
                match demands_of_map(values)? {
                    None => return Some(Condition::None),
                    Some("string") => quote!(|value| value.values().all(::serde_json::Value::is_string)),
                    Some(_) => return None,
                }
            }
            _ => return None,
        };
        Some(Condition::Holds(holds))
    }

    /// Follows `$ref` and a single `allOf`.
    fn resolve(&self, schema: &'specification Value) -> Option<&'specification Value> {
        if let Some(reference) = schema.get("$ref") {
            return self.resolve(self.schemas.get(reference.as_str()?.rsplit('/').next()?)?);
        }
        match schema.get("allOf") {
            None => Some(schema),
            Some(branches) => match (branches.as_array()?.as_slice(), demands(schema).len()) {
                ([single], 1) => self.resolve(single),
                _ => None,
            },
        }
    }

    fn generated(&self, kind: &syn::Type) -> Option<String> {
        let name = kind.to_token_stream().to_string();
        self.items.iter().filter_map(name_of).any(|ident| *ident == name).then_some(name)
    }
}

enum Condition {
    None,
    /// A closure from a reference to the value.
    Holds(TokenStream),
}

fn demands(schema: &Value) -> BTreeMap<&str, &Value> {
    let keywords = schema.as_object().into_iter().flatten().map(|(keyword, value)| (keyword.as_str(), value));
    keywords.filter(|(keyword, _)| !SILENT.contains(keyword) && !keyword.starts_with("x-")).collect()
}

/// The pattern of a text of which nothing else is demanded.
fn pattern_of(schema: &Value) -> Option<&str> {
    let demands: Vec<(&str, &Value)> = demands(schema).into_iter().collect();
    match demands.as_slice() {
        [("pattern", pattern), ("type", kind)] if *kind == "string" => pattern.as_str(),
        _ => None,
    }
}

/// The type that all values of a map must have, if any; none where more is demanded.
fn demands_of_map(values: &Value) -> Option<Option<&str>> {
    let demands = demands(values);
    match demands.len() {
        0 => Some(None),
        1 => demands.get("type").and_then(|kind| kind.as_str()).map(Some),
        _ => None,
    }
}

fn name_of(item: &syn::Item) -> Option<&syn::Ident> {
    match item {
        syn::Item::Struct(item) => Some(&item.ident),
        syn::Item::Enum(item) => Some(&item.ident),
        _ => None,
    }
}

fn name_of_kind(kind: &syn::Type) -> String {
    kind.to_token_stream().to_string().replace(' ', "")
}

/// Whether a type is a text with a name.
fn is_around_text(item: &syn::Item) -> bool {
    let syn::Item::Struct(item) = item else { return false };
    let syn::Fields::Unnamed(fields) = &item.fields else { return false };
    let kinds: Vec<String> = fields.unnamed.iter().map(|field| name_of_kind(&field.ty)).collect();
    kinds == ["::std::string::String"]
}

/// The name of a field in JSON.
fn member_name(field: &syn::Field) -> Option<String> {
    let mut name = field.ident.as_ref()?.to_string();
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        attribute
            .parse_nested_meta(|meta| {
                if meta.path.is_ident("rename") {
                    name = meta.value()?.parse::<syn::LitStr>()?.value();
                } else if let Ok(value) = meta.value() {
                    value.parse::<syn::Expr>()?;
                }
                Ok(())
            })
            .ok()?;
    }
    Some(name)
}

/// The type inside another, as `Option<…>`.
pub(crate) fn argument_of<'kind>(kind: &'kind syn::Type, outer: &str) -> Option<&'kind syn::Type> {
    let syn::Type::Path(path) = kind else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == outer)?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        syn::GenericArgument::Type(inner) => Some(inner),
        _ => None,
    }
}
