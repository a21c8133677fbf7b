/**
 * The completion scripts. They hold nothing of the table: each asks `certkeeper complete`, under the name
 * the operator typed, so that they fit every later version.
 */
export const completionScripts: Readonly<Record<'bash' | 'zsh' | 'fish', string>> = {
  bash: `# bash completion for certkeeper
_certkeeper() {
  local IFS=$'\\n' program="\${1/#\\~/$HOME}"
  COMPREPLY=($("$program" complete bash "$COMP_WORDBREAKS" "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null))
  # What ends so is only half of a value.
  if [[ \${#COMPREPLY[@]} -eq 1 && "\${COMPREPLY[0]}" == *[/:=] ]]; then
    compopt -o nospace 2>/dev/null
  fi
}
complete -o nosort -F _certkeeper certkeeper 2>/dev/null || complete -F _certkeeper certkeeper
`,
  zsh: `#compdef certkeeper
_certkeeper() {
  local -a replies whole half
  local reply
  replies=("\${(@f)$("\${words[1]/#\\~/$HOME}" complete zsh "\${(@Q)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}")
  for reply in $replies; do
    # What ends so is only half of a value.
    if [[ "$reply" == *[/=] || "$reply" == *\\\\: || "$reply" == *\\\\::* ]]; then half+=("$reply"); else whole+=("$reply"); fi
  done
  (( $#whole )) && _describe 'certkeeper' whole
  (( $#half )) && _describe 'certkeeper' half -S ''
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _certkeeper "$@"; else compdef _certkeeper certkeeper; fi
`,
  fish: `# fish completion for certkeeper
function __certkeeper_complete
    set -l words (commandline -opc)
    command $words[1] complete fish $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c certkeeper -f -a '(__certkeeper_complete)'
`,
};
